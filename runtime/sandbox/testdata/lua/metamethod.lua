-- Each operator calls what the metatable has, also what is no function, with the arguments that Lua gives.
local mt = {}
local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt)
local function said(...)
  local list = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    list[i] = type(v) == "table" and v.name or tostring(v)
  end
  return table.concat(list, " ")
end
for kind, make in pairs{
  ["function"] = function(fn) return fn end,
  ["callable table"] = function(fn) return setmetatable({}, {__call = function(_, ...) return fn(...) end}) end,
} do
  for _, event in ipairs{"add", "sub", "mul", "div", "mod", "pow", "unm", "concat"} do
    mt["__" .. event] = make(function(...) return event .. " " .. said(...), "more" end)
  end
  eq(a + b, "add a b", kind) eq(a - 1, "sub a 1", kind) eq(2 * a, "mul 2 a", kind) eq(a / "x", "div a x", kind) eq("7" % a, "mod 7 a", kind)
  eq(nil ^ b, "pow nil b", kind) eq(-a, "unm a a", kind) eq(a .. b, "concat a b", kind) eq(1 .. a, "concat 1 a", kind)
  local t = {a + 1, x = -b, a % 2}
  eq(said(t[1], t[2], t.x, #t), "add a 1 mod a 2 unm b b 2", kind)

  local asked
  for _, event in ipairs{"eq", "lt", "le"} do
    mt["__" .. event] = make(function(...) asked = event .. " " .. said(...) return select(2, ...).name end)
  end
  eq(a == b, true, kind) eq(asked, "eq a b", kind)
  eq(a ~= b, false, kind) eq(a < b, true, kind) eq(asked, "lt a b", kind)
  eq(a > b, true, kind) eq(asked, "lt b a", kind) eq(a <= b, true, kind) eq(asked, "le a b", kind) eq(a >= b, true, kind) eq(asked, "le b a", kind)
  asked = nil
  eq(a == a, true, kind) eq(a == 1, false, kind) eq(asked, nil, kind)
  mt.__le = nil
  eq(a <= b, false, kind) eq(asked, "lt b a", kind)
  mt.__lt = make(function(x, y) return x.name < y.name end)
  local list = {b, a}
  table.sort(list)
  eq(list[1], a, kind)
  while a > b do error("never") end
  if a < b and not (b < a) then asked = "yes" end
  eq(asked, "yes", kind)
  mt.__lt, mt.__eq = nil, nil
end

-- two tables that have another metamethod are not compared by it
local same = function() return true end
local function with(name, fn) return setmetatable({}, {[name] = fn}) end
eq(with("__eq", same) == with("__eq", same), true) eq(with("__eq", same) == with("__eq", function() return true end), false)
eq(with("__lt", same) < with("__lt", same), true)
fails(function() return with("__lt", same) < with("__lt", function() return true end) end, "attempt to compare two table values")
fails(function() return with("__lt", same) < 1 end, "attempt to compare table with number")
fails(function() return with("__add", 5) + 1 end, "attempt to call a metamethod that is no function$")
fails(function() return with("__concat", 5) .. "x" end, "attempt to call a metamethod that is no function$")
fails(function() local x = with("__le", 5) return x <= x end, "attempt to call a metamethod that is no function$")
fails(function() return -{} end, "attempt to perform arithmetic on a table value")
fails(function() table.sort{{}, {}} end, "metamethod.lua:%d+: attempt to compare two table values$")
fails(function() table.sort{1, "x"} end, "metamethod.lua:%d+: attempt to compare %a+ with %a+$")

-- an error in a metamethod has the line of the metamethod, and a yield crosses none
mt.__unm = function(x) return x.no.such end
fails(function() return -a end, "metamethod.lua:60: attempt to index field 'no'")
mt.__unm = function() return (pcall(coroutine.yield)) end
eq(coroutine.wrap(function() return -a end)(), false)

-- Lua 5.1 reads a list as it is in ipairs, and asks __index in a loop only
local list = setmetatable({1, 2}, {__index = {10, 20, 30}})
local n = 0
for i in ipairs(list) do n = i end
eq(n, 2) eq(list[3], 30)
