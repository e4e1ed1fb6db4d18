local text = [[
door = 1
fence=2
# comment
dock  =  3
]]
local presets = {}
for line in text:gmatch("[^\n]+") do
  local key, value = line:match("^%s*(%w+)%s*=%s*(%d+)%s*$")
  if key then presets[key] = tonumber(value) end
end
local names = {}
for name in pairs(presets) do names[#names + 1] = name end
table.sort(names)
local shout = table.concat(names, ","):upper():gsub("O", "0")
print(shout, #text, ("%5.1f|%-8s|%q"):format(3.14159, "ab", 'a "b"'), ("x"):rep(3, ""))
print(("%d%%"):format(50), "tab\tnew\nline\065", 'it\'s', "a" .. 1 .. 2.5, text:find("=", 1, true))
print(("2026-03-04"):match("(%d+)-(%d+)-(%d+)"))
print((" x "):byte(1, -1), ("abc"):reverse():len(), "10" + 5, "0x10" * 1)
