local inspect = require "inspect"
print(inspect({1, 2, {a = "b", ["c d"] = true}, [10] = "ten"}))
local t = {} t.self = t
print(inspect(t), inspect(setmetatable({}, {__index = {x = 1}})), inspect({a = {b = {}}}, {depth = 1, newline = "", indent = ""}))
