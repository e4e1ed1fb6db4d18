-- A tour that nobody can learn: each round in another order, from dusk to dawn. No
-- more than 60 moves an hour, to spare the motors.
local tour = require "hik.tour"
local yard = hik.device("gate"):channel("yard")

hik.at("sunset", {name = "random tour"}, function()
  tour.run(yard, {
    {preset = "gate"}, {preset = "door"}, {preset = "fence"}, {preset = "street"},
  }, {order = "random", dwell = "30s", moves_per_hour = 60, till = "sunrise", home = "overview"})
end)
