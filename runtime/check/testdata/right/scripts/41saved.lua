-- What the devices told is right, however it is written.
local tour, sweep, timelapse = require "hik.tour", require "hik.sweep", require "hik.timelapse"
local mast, hall = hik.device("mast"), hik.device("hall")
local top, dome = mast:channel("top"), hall:channel(2)

hik.every("1h", {name = "heads"}, function()
  top:preset("north", {wait = true})
  top:preset("EAST")
  top:preset("77")
  top:preset(94, {special = true})
  top:preset("Restart", {special = true})
  mast:preset(1)
  mast:preset(1, 77)
  hik.preset("mast", "top", "home")
  hik.preset(dome, "door")
  hall:preset("Dome", 1)
  hall:preset("dome", "Door")
  hall:preset(3, 12) -- it was away when it was asked
  hall:preset("mute", "anything")
  hall:snapshot("desk")
  hall:snapshot(4)
  local preset = tostring(math.random(3))
  top:preset(preset)
  for i = 1, 9 do top:preset(i) end
  for _, ch in ipairs(hall:channels()) do
    if ch.ptz then ch:preset(1) end
  end
  tour.run(top, {{preset = "north", dwell = 3}, {preset = 2}}, {home = "home"})
  sweep.run(top, {"north", 2, "77"})
  sweep.run(hall:channel("mute"), {5, "six"})
end)
timelapse.start(hall:channel(1), "10m")
timelapse.start(top, "10m", {preset = "East"})
