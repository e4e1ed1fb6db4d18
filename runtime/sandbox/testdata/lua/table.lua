local t = {3, 1, 2}
table.sort(t, nil)
eq(table.concat(t, ","), "1,2,3")
table.sort(t, function(a, b) return a > b end)
eq(table.concat(t, ","), "3,2,1")
table.sort(t, function(a, b) return a <= b end)
eq(table.concat(t, ","), "1,2,3")
local words = {"b", "a", "C"}
table.sort(words)
eq(table.concat(words), "Cab")
fails(function() table.sort({1, "x"}) end, "attempt to compare")
fails(function() table.sort({1, 2, 3}, function() return true end) end, "invalid order function for sorting")
local flip = false
fails(function()
  local big = {}
  for i = 1, 500 do big[i] = (i * 7919) % 503 end
  table.sort(big, function(a, b) return (a * 31 + b * 17) % 5 < 2 end)
end, "invalid order function for sorting")
local kept = {3, 2, 1}
fails(function() table.sort(kept, function() error("in compare") end) end, "in compare")
eq(table.concat(kept), "321")
local mt = {__lt = function(a, b) return a.n < b.n end}
local objects = {}
for i = 1, 20 do objects[i] = setmetatable({n = (i * 13) % 20}, mt) end
table.sort(objects)
for i = 2, 20 do eq(objects[i - 1].n <= objects[i].n, true) end

eq(table.concat({}), "") eq(table.concat({1, 2, 3}, "-", 2), "2-3") eq(table.concat({1, 2, 3}, "-", 3, 2), "")
eq(table.concat({1, "x", 2.5}, ", "), "1, x, 2.5")
fails(function() table.concat({1, {}, 3}) end, "invalid value %(table%) at index 2 in table for 'concat'")
fails(function() table.concat({1}, "", 1, 3) end, "invalid value %(nil%) at index 2")
local big = {}
for i = 1, 40000 do big[i] = i end
eq(#table.concat(big), 188894)

local q = {}
table.insert(q, "a") table.insert(q, 1, "b") table.insert(q, 2, "c") table.insert(q, 4, "d")
eq(table.concat(q), "bcad")
eq(table.remove(q, 1), "b") eq(table.remove(q), "d") eq(table.remove(q, 9), nil) eq(table.remove(q, 0), nil) eq(#q, 2)
q[2] = nil
eq(table.remove(q), "c") eq(table.remove(q), nil) eq(table.remove({}), nil)
fails(function() table.insert({}) end, "wrong number of arguments")
fails(function() table.insert({}, 1, 2, 3) end, "wrong number of arguments")
table.insert({}, 1e15, "far") table.insert({}, 0/0 ~= 0 and 1, "x")
local front = {1, 2, [0] = "z"} table.insert(front, -1, "new")
eq(front[-1], "new") eq(front[0], nil) eq(front[1], "z") eq(front[2], 1) eq(front[3], 2) eq(#front, 3)
eq(table.maxn{1, 2, nil, 4, [100] = 1}, 100) eq(table.getn{1, 2}, 2)
local holes = {}
for i = 1, 100 do holes[i] = i end
for i = 50, 100 do holes[i] = nil end
eq(#holes, 49)
holes[#holes + 1] = "x"
eq(#holes, 50)
