local tour, sweep, timelapse = require "hik.tour", require "hik.sweep", require "hik.timelapse"
local top, hall = hik.device("mast"):channel("top"), hik.device("hall")
local dome = hall:channel(2)
local stops = {
  {preset="north"},
  {preset="nroth"}, --!
  {preset=4}, --!
}
hik.every("1h", function()
  top:preset("nort") --!
  top:preset("attic") --!
  top:preset(3) --!
  top:preset("3") --!
  top:preset(94) --!
  top:delete_preset("eats") --!
  hik.preset("mast", 5) --!
  hik.preset("mast", "top", 5, {wait=true}) --!
  hik.preset(top, "soth") --!
  hik.timeout("1m", function() top:preset("west") end) --!
  pcall(top.preset, top, "west") --!
  dome:preset("north") --!
  hall:preset("Dome", 2) --!
  hall:preset("desk", 1) --!
  hall:ptz_pan_tilt(1, 10, 0, {duration=1}) --!
  hall:patrol_start(1, 1) --!
  hall:set_home(1) --!
  print(hall:ptz_status(1)) --?
  print(hall:ptz_capabilities("desk").position) --?
  hall:snapshot(5) --!
  hall:snapshot("dekk") --!
  hall:preset(9, 1) --!
  hall:snapshot() --!
  tour.run(top, stops)
  tour.run(top, {{preset="north"}, {preset=78}}) --!
  tour.run(top, {{preset="north"}}, {home="south-west"}) --!
  tour.run(hall:channel(1), {{preset=1}}) --!
  sweep.run(top, {"north", 2, "attic"}) --!
  sweep.run(dome, {1}, {home=2}) --!
end)
timelapse.start(top, "10m", {preset="nord"}) --!
timelapse.start(hall:channel("1"), "10m", {preset=1}) --!
