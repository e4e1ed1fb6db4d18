-- From dusk to dawn the dome goes from preset to preset, round after round.
--
-- hik.tour does the hard part: it waits until the head has arrived, makes way
-- for a guard who takes the joystick and goes on half a minute after, passes over
-- a stop that fails, so that a camera that is off for an hour costs an hour and
-- not the night, and goes on at its stop when this file is saved or the host is
-- started anew.

local tour = require "hik.tour"
local yard = hik.device("gate"):channel("yard")
local vars = hik.vars

-- In this order, by the names that the presets have on the device.
local stops = {
  {preset = "door", snapshot = true},
  {preset = "fence"},
  {preset = "parking"},
  {preset = "street", dwell = "10s"},
}

local dusk = hik.at(vars.dusk, {name = "night tour"}, function()
  print("the night tour begins")
  local done = tour.run(yard, stops, {till = vars.dawn, dwell = vars.dwell})
  hik.log.info("the night tour is over", done)
end)

-- A job of its own: the head goes home also after a night that went wrong.
local dawn = hik.at(vars.dawn, {name = "morning"}, function()
  hik.sleep(5) -- the tour ends at the same moment
  yard:preset(vars.home)
end)

-- Started for the first time in the middle of the night: dawn comes before dusk.
-- A tour that was cut off goes on by itself, and this run is skipped.
if dawn:next() < dusk:next() then
  dusk:run()
end
