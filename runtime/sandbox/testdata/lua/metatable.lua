-- debug.setmetatable: of what a script has made, and of types that share one
local t, mt = {}, {}
eq(debug.setmetatable(t, mt), true) eq(getmetatable(t), mt) eq(debug.getmetatable(t), mt)
eq(debug.setmetatable(t, nil), true) eq(getmetatable(t), nil)
local proxy = newproxy()
debug.setmetatable(proxy, {__len = function() return 7 end}) eq(#proxy, 7)
fails(function() debug.setmetatable(t) end, "bad argument #2 to 'setmetatable' %(nil or table expected%)$")
fails(function() debug.setmetatable(t, 1) end, "nil or table expected")
fails(function() debug.setmetatable("", 1) end, "nil or table expected")
fails(function() debug.setmetatable() end, "bad argument #1 to 'setmetatable' %(value expected%)$")

-- the host's own
fails(function() debug.setmetatable(io.stdout, {}) end, "metatable.lua:%d+: cannot change a protected metatable$")
fails(function() debug.setmetatable(setmetatable({}, {__metatable = 1}), {}) end, "cannot change a protected metatable$")

-- numbers, booleans, nil, functions
debug.setmetatable(0, {__index = function(n, k) return n .. k end}) eq((5).x, "5x") eq(getmetatable(3) ~= nil, true)
debug.setmetatable(1, nil) fails(function() return (5).x end, "attempt to index") eq(getmetatable(3), nil)
debug.setmetatable(print, {__index = {name = "fn"}}) eq(fails.name, "fn")
eq(pcall(string.rep, "x", 2), true) eq(table.concat({1, 2}, "-"), "1-2")
debug.setmetatable(print, nil) eq(getmetatable(print), nil)

-- strings lose their methods and get them back; arithmetic on text is there all the while
eq(getmetatable(""), false)
debug.setmetatable("", nil)
local ok = pcall(function() return ("x"):upper() end)
local sum, len, cat, hex, less = "010" + 1, #"abc", "a" .. 1, "0x10" * 2, "a" < "b"
local shown, inner = getmetatable(""), select(2, pcall(function() return "x" + 1 end))
debug.setmetatable("", false)
eq(ok, false) eq(sum, 11) eq(len, 3) eq(cat, "a1") eq(hex, 32) eq(less, true) eq(shown, nil)
matches(inner, "attempt to perform arithmetic on a string value")
eq(("x"):upper(), "X") eq(getmetatable(""), false)

-- or others
local own = {__index = function(s, i) return type(i) == "number" and string.sub(s, i, i) or string[i] end, __mod = function(s, a) return string.format(s, a) end}
debug.setmetatable("", own)
local second, formatted, upper, eleven = ("abc")[2], "%d of" % 5, ("x"):upper(), "010" + 1
shown = getmetatable("")
debug.setmetatable("", false)
eq(second, "b") eq(formatted, "5 of") eq(upper, "X") eq(eleven, 11) eq(shown, own)
fails(function() return ("abc")[2]() end, "attempt to call") eq("7" % 4, 3)
