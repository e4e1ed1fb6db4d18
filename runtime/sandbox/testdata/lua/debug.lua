-- debug.getinfo, hooks, string.dump, io.type, newproxy
local none
local function me() return debug.getinfo(1, "Slnu"), debug.getinfo(2, "l") end

local i, outer = me()
eq(i.what, "Lua") eq(i.name, "me") eq(i.namewhat, "local") eq(i.nups, 0)
eq(i.currentline, 3) eq(i.linedefined, 3) eq(i.lastlinedefined, 3) eq(outer.currentline, 5)
eq(i.source, "@" .. i.short_src) matches(i.short_src, "debug%.lua$")
eq(i.func, nil) eq(i.activelines, nil) eq(i.nparams, nil)
local t = {deep = {look = me}}
i = t.deep.look() eq(i.name, "look") eq(i.namewhat, "field")
function t:ask() return debug.getinfo(1, "n") end
i = t:ask() eq(i.name, "ask") eq(i.namewhat, "method")

-- functions, of Lua and of the host
i = debug.getinfo(me) eq(i.func, me) eq(i.currentline, -1) eq(i.name, nil) eq(i.namewhat, "")
i = debug.getinfo(print) eq(i.what, "C") eq(i.source, "=[C]") eq(i.short_src, "[C]") eq(i.func, print) eq(i.nups, 0) eq(i.linedefined, -1)
i = debug.getinfo(0) eq(i.what, "C") eq(i.func, nil)
eq(debug.getinfo(1, "f").func ~= nil, true)
i = debug.getinfo(function()
  local x = 1

  return x
end, "L").activelines
eq(i[21], true) eq(i[22], nil) eq(i[23], true)
eq(debug.getinfo(1e6), nil) eq(debug.getinfo(-1), nil)
fails(function() debug.getinfo() end, "bad argument #1 to 'getinfo' %(function or level expected%)$")
fails(function() debug.getinfo({}) end, "function or level expected")
fails(function() debug.getinfo(1, ">S") end, "bad argument #2 to 'getinfo' %(invalid option%)$")

-- chunks
i = load("return debug.getinfo(1, 'S')", "@lib/x.lua")() eq(i.what, "main") eq(i.source, "@lib/x.lua") eq(i.short_src, "lib/x.lua") eq(i.linedefined, 0)
i = load("return debug.getinfo(1, 'S')", "some text")() eq(i.source, "some text") eq(i.short_src, '[string "some text"]')

-- a tail call gives up a frame, which still counts
local function last() return debug.getinfo(2, "Sl") end
local function between() return last() end
local lost = between() eq(lost.what, "tail") eq(lost.currentline, -1) eq(lost.short_src, "(tail call)")

-- other coroutines
local co = coroutine.create(function()
  coroutine.yield()
end)
eq(debug.getinfo(co, 0), nil)
coroutine.resume(co)
eq(debug.getinfo(co, 0, "S").what, "C") eq(debug.getinfo(co, 0, "n").name, "yield") eq(debug.getinfo(co, 0, "f").func, nil)
eq(debug.getinfo(co, 1, "l").currentline, 42) eq(debug.getinfo(co, 2), nil)
eq(coroutine.wrap(function() return debug.getinfo(2) end)(), nil)

-- no hooks
eq(select("#", debug.gethook()), 3) eq(debug.gethook(), nil)
eq(select("#", debug.sethook()), 0) debug.sethook(nil, "l") debug.sethook(co)
fails(function() debug.sethook(print, "l") end, "debug.lua:%d+: debug.sethook sets no hooks here")

-- string.dump
fails(function() string.dump(me) end, "debug.lua:%d+: unable to dump given function$")
fails(function() string.dump(print) end, "unable to dump given function$")
fails(function() string.dump("x") end, "bad argument #1 to 'dump' %(function expected, got string%)$")
local dumped = string.dump(load("a = 1"))
eq(#dumped, 12) eq(dumped:byte(11), 8) eq(load(dumped), nil) eq(loadstring(dumped), nil)

-- io.type
eq(io.type(io.stdout), "file") eq(io.type(io.stderr), "file") eq(io.type({}), nil) eq(io.type(newproxy()), nil)
fails(function() io.type() end, "value expected")

-- newproxy
local a, b = newproxy(), newproxy(true)
eq(type(a), "userdata") eq(getmetatable(a), nil) eq(a == newproxy(), false)
getmetatable(b).__index = function(_, key) return key .. "!" end
getmetatable(b).__len = function() return 1e9 end
getmetatable(b).__pairs = function() return next, {} end
local c = newproxy(b)
eq(c.x, "x!") eq(#c, 1e9) eq(getmetatable(c), getmetatable(b))
for _, fn in ipairs{unpack, next, table.concat, table.sort, table.insert, table.remove} do
  eq(pcall(fn, c, 1), false)
end
getmetatable(c).__metatable = "mine" eq(getmetatable(c), "mine")
fails(function() newproxy(a) end, "boolean or proxy expected") fails(function() newproxy(io.stdout) end, "boolean or proxy expected")
