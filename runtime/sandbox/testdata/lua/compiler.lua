-- What gopher-lua's compiler gives another meaning.
local function two() return 1, 2 end
local function nothing() end
local yes, no = true, false

-- several targets
do
  local a, b, c = 1, 2, 3
  a, b = b, a
  eq(a, 2) eq(b, 1)
  a, b, c = c, a, b
  eq(a, 3) eq(b, 2) eq(c, 1)
  a, b, c = two()
  eq(a, 1) eq(b, 2) eq(c, nil)
  a, b, c = 7, two(), two()
  eq(a, 7) eq(b, 1) eq(c, 1)
  a, b = 5
  eq(a, 5) eq(b, nil)
  a, b = b, a, two()
  eq(a, nil) eq(b, 5)
  a = 1, two()
  eq(a, 1)
  local t = {1, 2}
  t[1], t[2] = t[2], t[1]
  eq(t[1], 2) eq(t[2], 1)
  local i = 1
  i, t[i] = i + 1, 20
  eq(i, 2) eq(t[1], 20) eq(t[2], 1)
  t, t.x = {x = 1}, 2
  eq(t.x, 1)
  local before = t
  t.x, t = 9, {x = 1}
  eq(before.x, 9) eq(t.x, 1)
  t[i], i = 30, 3
  eq(t[2], 30) eq(i, 3)
  t.x, a = a, 5
  eq(t.x, 1) eq(a, 5)
  local up, other = 1, 2
  local function swap() up, other, global_of_test = other, up, up end
  swap()
  eq(up, 2) eq(other, 1) eq(global_of_test, 1)
  global_of_test, t[1] = 1, a
  eq(global_of_test, 1) eq(t[1], 5)
  global_of_test = nil
  a, b = 0, 1
  for _ = 1, 10 do a, b = b, a + b end
  eq(a, 55) eq(b, 89)
  local log = {}
  local function say(x) log[#log + 1] = x return x end
  local r = setmetatable({}, {__newindex = function(_, k, v) say(k .. v) end})
  say(r)[say("a")], say(r)[say("b")] = say(1), say(2)
  eq(table.concat(log, " ", 2, 2) .. log[4] .. log[5] .. log[6] .. log[7] .. log[8], "ab12b2a1")
  local first, last = function() return last end, 1
  eq(first(), nil)
  fails(function() local first, second = {}, {}; ("text").x = 1 end, "index")
  fails(function() (5).x = 1 end, "index")
end

-- a local that is still read
do
  local speed, slow, ready = 4, yes, yes
  speed = (not slow or ready) and speed or -3
  eq(speed, 4)
  speed = nothing() and 1
  eq(speed, nil)
  speed = (no or slow) and (ready and speed or 7) or 8
  eq(speed, 7)
  speed = (slow and speed) and speed + 1
  eq(speed, 8)
  speed = not speed or speed
  eq(speed, 8)
  speed = (slow == nil or speed) and 5 < speed and speed
  eq(speed, 8)
  local t = {next = {}}
  t = t and t.next
  eq(t.next, nil)
  t = t.next and t or t.next
  eq(t, nil)
  t = no
  t = t or slow and {}
  eq(type(t), "table")
  local function last(x) local y = 7 x = (two(x)) return x, y end
  eq(select("#", last(1)), 2)
  eq((last(5)), 1) eq(select(2, last(5)), 7)
  local function rest(...) local a, b = 8, 9 b = (...) a, b = ..., b return a, b end
  eq(rest(3, 4), 3) eq(select(2, rest(3, 4)), 3)
end

-- constants in conditions
do
  local n = 0
  for _ = 1, 3 do repeat if false then n = 100 end n = n + 1 until n > 5 end
  eq(n, 8)
  n = 0
  while not nil or n do n = n + 1 if n > 3 then break end end
  eq(n, 4)
  n = 0
  for _ in ipairs({1, 2, 3}) do while false do end if nil then n = 50 else n = n + 1 end end
  eq(n, 3)
  n = 0
  while true do do if 1 then n = n + 1 end end if n == 5 then break end end
  eq(n, 5)
  n = 0
  for _ in ipairs({1, 2}) do local x = (true or n) and (false or n) n = x + 1 end
  eq(n, 2)
  eq((true and two()), 1)
  eq(select("#", true and two()), 1)
  eq(select("#", false or nothing()), 1)
  eq(nil and 1, nil) eq(false and 1, false) eq(1 and 2, 2) eq("" or 2, "") eq(not "" == false, true)
  n = 0
  ::top::
  if false then n = 100 end
  n = n + 1
  if n < 3 then goto top end
  eq(n, 3)
end

-- captured locals
do
  local kept = {}
  for i = 1, 3 do do local y = i kept[i] = function() y = y + 1 return y end if i == 2 then break end end end
  local a, b, c, d, e, f, g = 100, 200, 300, 400, 500, 600, 700
  eq(kept[1](), 2) eq(kept[2](), 3) eq(kept[2](), 4)
  eq(a + b + c + d + e + f + g, 2800)
  local count = 0
  local function more() count = count + 1 end
  for i = 1, 3 do
    local each = i
    if i == 2 then goto continue end
    kept[i] = function() each = each + 1 return each end
    count = count + 10
    ::continue::
  end
  more()
  eq(count, 21)
  eq(kept[1](), 2) eq(kept[3](), 4) eq(kept[1](), 3)
  local n = 0
  repeat
    local at = n
    kept[n] = function() at = at + 1 return at end
    if n == 2 then n = 7 goto done end
    n = n + 1
    ::done::
  until n > 4
  eq(kept[0](), 1) eq(kept[1](), 2) eq(kept[2](), 3) eq(kept[2](), 4)
  local own = function() return own end
  eq(own(), nil)
  local function again() return again end
  eq(again(), again)
end

-- lists
do
  local t = {1, 2, x = two()}
  eq(#t, 2) eq(t.x, 1)
  local seven = ("7,"):rep(50)
  local function list(fields) return assert(loadstring("local two = ... return function(...) return {" .. fields .. "} end"))(two)("a", "b") end
  for text, want in pairs{
    ["two()"] = "52 7 7 1", ["x = two()"] = "50 7 7 nil 1", ["x = two(), 8"] = "51 7 7 8 1",
    ["x = two(), 8, two()"] = "53 7 7 8 1", ["[3] = two()"] = "50 1 7", ["..."] = "52 7 7 a",
  } do
    local t = list(seven .. text)
    local w = {}
    for word in want:gmatch("%S+") do w[#w + 1] = word end
    eq(#t, tonumber(w[1]), text) eq(tostring(t[3]), w[2], text) eq(tostring(t[50]), w[3], text)
    eq(tostring(t[51]), w[4] or "nil", text) eq(tostring(t.x), w[5] or "nil", text)
  end
  local big = assert(loadstring("local x = 5 return {" .. ("x,1,x,"):rep(20000) .. "9}"))()
  eq(#big, 60001) eq(big[25551], 5) eq(big[25552], 5) eq(big[25553], 1) eq(big[30001], 5) eq(big[59999], 1) eq(big[60001], 9)
end

-- functions with as many locals as the compiler has registers for
do
  local names, sum = {}, {}
  for i = 1, 190 do names[i] = "v" .. i sum[i] = "v" .. i end
  local f = assert(loadstring("local " .. table.concat(names, ",") .. " = ... v1, v190 = v190, v1 v2 = (v1 or v3) and v2 for k in pairs({1}) do v3, v4 = v4, v3 end return v1, v190, v2, v3, v4"))
  eq(table.concat({f(unpack({1, 2, 3, 4, [190] = 190}, 1, 190))}, " "), "190 1 2 4 3")
end

-- the table of arguments of old, in a function that was called last
do
  local function given(a, ...) return arg end
  local function pass(...) return given(...) end
  eq(pass(1, 2, 3).n, 2) eq(pass(1, 2, 3)[2], 3)
end

-- remainders, zeros
do
  local ten, tenth, no = 10, 0.1, 0
  eq(10 % 0.1, 0) eq(ten % tenth, 0) eq("10" % tenth, 0) eq((20 - 10) % (1 / 10) + 1, 1) eq(-5 % 3, 1) eq(5 % -3, -1) eq(5.5 % 2, 1.5) eq(-(7 % 4), -3)
  local nan = 5 % (1 / 0)
  eq(nan ~= nan, true)
  eq(1 / (no * -1), -1 / 0) eq(1 / (no / -ten), -1 / 0) eq(1 / (-no - no), -1 / 0) eq(1 / (no * 1), 1 / 0)
  eq(#setmetatable({1}, {__len = function() return 9 end}), 1)
end

-- (...) into a local that is not the last one.
local function rest(...)
  local a, b, c = 1, 2, 3
  a = (...)
  eq(a, (select(1, ...))) eq(b, 2) eq(c, 3)
  a, b = 4, (...)
  eq(a, 4) eq(b, (select(1, ...))) eq(c, 3)
  b, a = (...), c
  eq(a, 3) eq(b, (select(1, ...))) eq(c, 3)
  for i = 1, 2 do a = (...) b = b and (...) or (...) eq(i < 3, true) end
  local t = {} t.x = (...) eq(t.x, b) eq(c, 3)
  return a
end
eq(rest(nil), nil) eq(rest("x"), "x") eq(rest("x", "y"), "x") eq(rest(false, 1), false)
