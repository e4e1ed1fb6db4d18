-- By day the dome looks at the gate and goes round once an hour; by night it
-- goes round all the time.
local tour = require "hik.tour"
local yard = hik.device("gate"):channel("yard")

hik.every("1h", {name = "day round", between = "07:10-18:50"}, function()
  tour.run(yard, {{preset = "door"}, {preset = "parking"}}, {rounds = 1, dwell = "30s", home = "gate"})
end)

hik.at("19:00", {name = "night round"}, function()
  tour.run(yard, {{preset = "fence"}, {preset = "street"}}, {till = "07:00", dwell = "1m", home = "gate"})
end)
