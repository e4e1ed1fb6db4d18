-- A night patrol with stops in a table of its own.
local tour = require "hik.tour"
local yard = hik.device("gate"):channel("yard")

local stops = {
  {preset = "door", dwell = "20s", snapshot = true},
  {preset = "fence"},
  {preset = 3, dwell = 5, snapshot = "patrol/{date}/{time}-{preset}.jpg"},
}
local options = {till = "sunrise", dwell = hik.vars.dwell, home = 1, hold_on = {"motion", "intrusion"}}

hik.at("sunset", {name = "patrol"}, function()
  tour.run(yard, stops, options)
end)
