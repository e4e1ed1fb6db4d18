-- From ten to six the dome goes round, with a picture at the door each time. It
-- stays where it is while something moves, and makes way for a guard.
local tour = require "hik.tour"
local yard = hik.device("gate"):channel("yard")

hik.at("22:00", {name = "night tour"}, function()
  tour.run(yard, {
    {preset = "door", dwell = "20s", snapshot = true},
    {preset = "fence"},
    {preset = "street"},
  }, {till = "06:00", hold_on = "motion", home = "overview"})
end)
