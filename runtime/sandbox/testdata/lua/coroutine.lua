-- values
local co = coroutine.create(function(a, b)
  local c, d, e = coroutine.yield(a + b)
  eq(c, "x") eq(d, nil) eq(e, nil)
  coroutine.yield()
  return "end", 3
end)
eq(coroutine.status(co), "suspended")
local function list(...) local t = {n = select("#", ...), ...} for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, " ") end
eq(list(coroutine.resume(co, 1, 2)), "true 3")
eq(list(coroutine.resume(co, "x")), "true")
eq(list(coroutine.resume(co, 1, 2, 3, 4)), "true end 3")
eq(coroutine.status(co), "dead")
eq(list(coroutine.resume(co)), "false cannot resume dead coroutine")

-- tail calls, Go functions as body, errors
eq(list(coroutine.wrap(function(...) return coroutine.yield(...) end)(1, 2)), "1 2")
local w = coroutine.wrap(function(...) return coroutine.yield(...) end) w() eq(list(w(7, 8)), "7 8")
w = coroutine.wrap(function() return (function() return coroutine.yield(1) end)() end) eq(w(), 1) eq(w(2), 2)
w = coroutine.wrap(coroutine.yield) eq(list(w(1, 2)), "1 2") eq(list(w(3)), "3")
eq(coroutine.wrap(string.rep)("x", 3), "xxx")
local ok, message = coroutine.resume(coroutine.create(function() error("inside") end))
eq(ok, false) matches(message, "coroutine.lua:%d+: inside$")
fails(coroutine.wrap(function() error("wrapped") end), "wrapped$")
local object = {}
ok, message = coroutine.resume(coroutine.create(function() error(object) end)) eq(message, object)
w = coroutine.wrap(function() return 1 end) w() fails(w, "cannot resume dead coroutine")
fails(function() coroutine.create(1) end, "function expected") fails(function() coroutine.resume(1) end, "coroutine expected")

-- where one is
local outer = coroutine.running()
w = coroutine.wrap(function()
  local me = coroutine.running()
  eq(type(me), "thread") eq(coroutine.status(me), "running") eq(coroutine.isyieldable(), true)
  local inner = coroutine.create(function()
    eq(coroutine.status(me), "normal")
    eq(list(coroutine.resume(me)), "false cannot resume normal coroutine")
    eq(list(coroutine.resume(coroutine.running())), "false cannot resume running coroutine")
  end)
  eq(coroutine.resume(inner), true)
  pcall(function() eq(coroutine.isyieldable(), false) eq(coroutine.running(), me) end)
end)
w()
eq(coroutine.running(), outer)

-- a yield across a Go function is an error, and the coroutine goes on
local function across(fn)
  local co = coroutine.create(function() local ok, message = pcall(fn) coroutine.yield("still here") return message end)
  eq(list(coroutine.resume(co)), "true still here")
  local _, message = coroutine.resume(co)
  matches(message, "attempt to yield across metamethod/C%-call boundary$")
  return message
end
matches(across(function() coroutine.yield(1) end), "^[^:]*coroutine.lua:%d+: attempt")
across(coroutine.yield and function() return coroutine.yield(1) end)
across(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end)
across(function() ("x"):gsub("x", function() coroutine.yield() end) end)
across(function() return setmetatable({}, {__index = function() return coroutine.yield() end}).x end)
across(function() return setmetatable({}, {__add = function() return coroutine.yield() end}) + 1 end)
across(function() for x in function() return coroutine.yield() end do end end)
across(function() tostring(setmetatable({}, {__tostring = function() coroutine.yield() return "" end})) end)
for _, crossing in ipairs{
  function() return setmetatable({}, {__index = function() return coroutine.yield() end}).x end,
  function() for x in function() return coroutine.yield() end do end end,
  function() return setmetatable({}, {__concat = function() return coroutine.yield() end}) .. "x" end,
  function() return setmetatable({}, {__lt = function() return coroutine.yield() end}) < setmetatable({}, {}) end,
} do
  ok, message = coroutine.resume(coroutine.create(crossing))
  eq(ok, false)
end
-- __call is an ordinary call
w = coroutine.wrap(function() return setmetatable({}, {__call = function(_, x) return coroutine.yield(x) end})(5) end) eq(w(), 5) eq(w(6), 6)
if not outer then fails(function() coroutine.yield() end, "attempt to yield from outside a coroutine") end

-- generators
local function permutations(a, n)
  if n == 0 then coroutine.yield(table.concat(a)) else
    for i = 1, n do a[n], a[i] = a[i], a[n] permutations(a, n - 1) a[n], a[i] = a[i], a[n] end
  end
end
local count = 0
for p in coroutine.wrap(function() permutations({1, 2, 3, 4}, 4) end) do count = count + 1 end
eq(count, 24)

-- locals shared with closures across yields and errors
w = coroutine.wrap(function() local x = 1 local g = function() x = x + 1 end pcall(error, "x") coroutine.yield() g() return x end)
w() eq(w(), 2)
