local function round(x, digits)
  local m = 10 ^ (digits or 0)
  return math.floor(x * m + 0.5) / m
end
local sum, max = 0, -math.huge
for i = 10, 1, -1 do sum = sum + i max = math.max(max, i) end
for x = 0, 1, 0.25 do sum = sum + x end
print(round(sum / 7, 2), max, 7 % 3, -2 ^ 2, 0xff, 1e3, math.fmod(7, 3), tonumber("ff", 16), tonumber("x"))
