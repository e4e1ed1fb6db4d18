local yard = hik.device("gate"):channel("yard")
local count, timeout = 0, 5
hik.every("1m", function()
  cuont = count + 1 --?
  snap = yard:snapshot() --?
  print(snap.size)
  for i = 1, 3 do last = i end --?
  result = pcall(print) --?
  if result then print("x") end
end)
hik.every("2m", function()
  total = 0 --?
  for i = 1, 3 do total = total + i end
  print(total)
end)
hik.every("3m", function()
  if not init then init = true print("first") end
  state = (state or 0) + 1
  if count > 3 then flag = true end
  if flag then print("flag") end
end)
timeuot = 7 --?
local function a() shared = 1 end
local function b() print(shared) end
hik.every("1m", a) hik.every("1m", b)
print(timeout)
hik.spawn(function()
  local s = yard:snapshot() --?
  local x, y = 1, 2
  local function unused() end --?
  local function rec() rec() end --?
  local z z = 5 --?
  local ok, err = pcall(print)
  print(err)
  for i, v in ipairs{1} do end
  hik.date() --?
  hik.now() --?
  hik.date("%H:%M", hik.now()); --?
  ("x"):upper(); --?
  string.format("%d", 3) --?
  tostring(yard) --?
  math.floor(2.5) --?
  hik.json.encode({a = 1}) --?
  hik.inspect(yard) --?
  hik.device("gate") --?
  hik.devices() --?
  hik.sun()
  hik.file.exists("x")
  hik.base64.encode("x") --?
  type(x) --?
  print("n: " + 5) --!
  os.time() --?
end)
