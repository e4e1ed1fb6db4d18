-- Which cameras are kept, and when. How a picture is taken is in lib/keep.lua.

local keep = require "keep"
local door, nvr, vars = hik.device("door"), hik.device("nvr"), hik.vars

local outside = {door:channel("entrance"), nvr:channel("ramp")}
local all = {door:channel("entrance"), nvr:channel("ramp"), nvr:channel("store"), nvr:channel("till")}

hik.cron(vars.by_day, {name = "by day"}, function() keep.all(all, "archive") end)

hik.cron(vars.by_night, {name = "by night"}, function() keep.all(outside, "archive") end)

hik.at(vars.closing, {name = "closing", days = vars.closing_days}, function()
  local kept = keep.all({nvr:channel("store"), nvr:channel("till")}, "closing")
  print(("closing time: %d pictures"):format(kept))
end)
