-- what gopher-lua gets wrong, and what must not be there
for _, name in ipairs{"dofile", "loadfile", "require", "module", "_printregs", "package", "channel", "_GOPHER_LUA_VERSION"} do
  eq(_G[name], nil, name)
end
for _, name in ipairs{"execute", "exit", "remove", "rename", "setenv", "tmpname", "setlocale"} do eq(os[name], nil, name) end
for _, name in ipairs{"open", "read", "lines", "popen", "input", "output"} do eq(io[name], nil, name) end
for _, name in ipairs{"getlocal", "setlocal", "getupvalue", "setupvalue", "getregistry",
  "setfenv"} do eq(debug[name], nil, name) end
eq(_G._G, _G)
eq(_VERSION, "Lua 5.1")

-- numbers
eq(tonumber("1e3"), 1000) eq(tonumber(" 010 "), 10) eq(tonumber("0x1F"), 31) eq(tonumber("-0x10"), -16)
eq(tonumber(""), nil) eq(tonumber("1_000"), nil) eq(tonumber("inf"), nil) eq(tonumber("nan"), nil) eq(tonumber("0x"), nil)
eq(tonumber("1."), 1) eq(tonumber(".5"), 0.5) eq(tonumber("zz", 36), 1295) eq(tonumber("ff", 16), 255) eq(tonumber("8", 8), nil)
eq(tonumber(nil), nil) eq(tonumber({}), nil) eq(tonumber("1e400"), math.huge)
eq(math.huge, 1/0)

-- errors
local function thrower(level) error("lvl", level) end
local function caller() thrower(2)
end
matches(select(2, pcall(thrower)), "base.lua:20: lvl$")
matches(select(2, pcall(caller)), "base.lua:21: lvl$")
eq(select(2, pcall(error, "x", 0)), "x")
eq(select(2, pcall(error)), nil)
eq(select("#", pcall(error, nil)), 2)
local object = setmetatable({}, {__tostring = function() return "obj" end})
eq(select(2, pcall(error, object)), object)
eq(select(2, pcall(assert, false, object)), object)
fails(function() assert(nil, "no camera") end, "base.lua:%d+: no camera$")
fails(function() assert(false) end, "assertion failed!$")
eq(select("#", assert(1, 2, 3)), 3)
fails(function() print(setmetatable({}, {__tostring = function() return {} end})) end, "must return a string")
fails(function() tostring(setmetatable({}, {__tostring = function() error("inside") end})) end, "inside")
eq(select(2, pcall(nil)), "attempt to call a nil value")
eq(select(2, pcall(setmetatable({}, {__call = function(self, x) return x end}), 7)), 7)

-- locals shared with closures survive a caught error
local x = 0
local function inc() x = x + 1 end
inc()
pcall(error, "e")
inc()
eq(x, 2)
local n = 0
for i = 1, 3 do pcall(function() n = n + 1 error("x") end) end
eq(n, 3)
xpcall(function() n = n + 1 error("z") end, function(e) return e end)
n = n + 1
eq(n, 5)
local escaped
pcall(function() local y = 1 escaped = function() y = y + 1 return y end error("z") end)
local a, b, c, d = 5, 5, 5, 5
eq(escaped(), 2) eq(escaped(), 3)
xpcall(function()
  local y = 1
  escaped = function() y = y + 1 return y end
  pcall(error, "inner")
  y = 10
  error("z")
end, function(e) return e end)
a, b, c, d = 6, 6, 6, 6
eq(escaped(), 11)

-- xpcall
local where
local ok, result, second = xpcall(function(p, q) return p + q, q end, print, 1, 2)
eq(ok, true) eq(result, 3) eq(second, 2)
local function deep() error("boom") end
ok, result = xpcall(function() deep() end, function(e) where = debug.traceback(e) return "handled " .. e end)
eq(ok, false) matches(result, "^handled .*boom$") matches(where, "in function 'deep'") matches(where, "^[^\n]*boom\nstack traceback:")
ok, result = xpcall(function() error("first") end, function() error("second") end)
eq(ok, false) matches(result, "second$")
ok, result = xpcall(function() error("o") end, function(e) return pcall(error, "inner") end)
eq(ok, false) eq(result, false)

-- metatables
eq(getmetatable(""), false)
fails(function() setmetatable("", {}) end, "table expected")
fails(function() setmetatable(io.stdout, {}) end, "table expected")
eq(getmetatable(io.stdout), false)
fails(function() setmetatable(setmetatable({}, {__metatable = 1}), {}) end, "protected")
eq(getmetatable(setmetatable({}, {__metatable = 1})), 1)

-- load
eq(load("return 1 + 1")(), 2)
eq(loadstring("return ...", "=x")(5), 5)
local pieces = {"return ", "4", "2"}
eq(load(function() return table.remove(pieces, 1) end)(), 42)
local fn, message = loadstring("x = = 1")
eq(fn, nil) matches(message, '^%[string "x = = 1"%]:1:%d+: unexpected \'=\'')
fn, message = load("x =", "=chunk") eq(fn, nil) eq(message, "chunk:1: a value is missing after '=' near end of file")
fn, message = loadstring("\27Lua") eq(fn, nil) matches(message, "compiled")
eq(load("return y", "c", "t", {y = 9})(), 9)
fn, message = load("return 1", "c", "b") eq(fn, nil)
fn, message = load(function() return "x = 1 " end) eq(fn, nil) matches(message, "too large")
fails(function() load(nil) end, "function expected")

-- walking
local t, seen = {1, 2, 3, a = 1, b = 2, c = 3}, {}
for pass = 1, 3 do
  seen = {}
  for k in next, t do seen[#seen + 1] = tostring(k) end
  eq(table.concat(seen, " "), "1 2 3 a b c")
  seen = {}
  for k, v in next, t do seen[#seen + 1] = tostring(k) end
  eq(table.concat(seen, " "), "1 2 3 a b c")
end
local function maker() return {iterate = function(max) local i = 0 return function() i = i + 1 if i <= max then return i end end end} end
seen = {}
for i in maker().iterate(3) do seen[#seen + 1] = i end
for i, _ in (maker().iterate(2)) do seen[#seen + 1] = i end
eq(table.concat(seen), "12312")
for k in pairs({}) do error("empty") end
for i = 1, 3 do for _, v in ipairs{1} do if i == 2 then break end end end
seen = {}
for k, v in pairs{1, nil, 3} do seen[#seen + 1] = k end
eq(table.concat(seen), "13")
for k in pairs(t) do t[k] = nil end
eq(next(t), nil)
local proxy = setmetatable({}, {__pairs = function() return next, {7}, nil end})
seen = {}
for _, v in pairs(proxy) do seen[#seen + 1] = v end
eq(table.concat(seen, " "), "7")
fails(function() pairs(nil) end, "table expected, got nil")
fails(function() for i in ipairs() do end end, "bad argument")

eq(select("#", unpack({}, 1, 3)), 3) eq(select("#", unpack({1, 2}, 2, 1)), 0) eq(select(-1, 1, 2), 2)
fails(function() unpack({}, 1, 1e8) end, "too many results")
fails(function() unpack({}, -1e15, 1e15) end, "too many results")
eq(select("#", unpack({}, 1, 400000)), 400000)
eq(type(collectgarbage("count")), "number") eq(collectgarbage(), 0)
fails(function() collectgarbage("x") end, "invalid option")
local dates = {}
dates[20251231] = true -- does not take 320 MB
eq(dates[20251231], true)
