-- A device with one channel stands for it; words of file names; options of pictures.
local tour, sweep, timelapse = require "hik.tour", require "hik.sweep", require "hik.timelapse"
local gate = hik.device("gate")
local size = {width = 640, height = 360, stream = "sub", quality = 80}

timelapse.start(gate, "10m", {file = "{device}/{channel}/{date}/{time}.jpg", snapshot = size})
hik.cron("0 * * * *", {name = "places"}, function(run)
  sweep.run(gate, {1, "door"}, {save = "{date}/{time} {preset}.jpg", snapshot = {stream = run.late > 5 and "sub" or "main"}})
  tour.run(gate, {{preset = 1, snapshot = "{preset} of {device}.jpg"}}, {rounds = 1})
end)
