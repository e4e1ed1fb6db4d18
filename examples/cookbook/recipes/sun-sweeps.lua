-- A picture at each preset half an hour before sunset and half an hour after
-- sunrise: is everything in its place?
local sweep = require "hik.sweep"
local yard = hik.device("gate"):channel("yard")

for _, when in ipairs{"sunrise+30m", "sunset-30m"} do
  hik.at(when, {name = "sweep at " .. when}, function()
    sweep.run(yard, {"gate", "door", "fence"}, {save = "sweeps/{date}/{time}-{preset}.jpg", home = "overview"})
  end)
end
