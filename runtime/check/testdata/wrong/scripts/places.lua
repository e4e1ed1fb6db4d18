-- Options inside options, words of file names, and a device in a channel's place.
local tour, sweep, timelapse = require "hik.tour", require "hik.sweep", require "hik.timelapse"
local yard = hik.device("gate"):channel("yard")
local several = hik.device("nvr")

hik.cron("0 * * * *", {name = "places"}, function()
  sweep.run(yard, {1}, {snapshot = {strem = "sub"}}) --!
  sweep.run(yard, {1}, {snapshot = {stream = "subb"}}) --!
  sweep.run(yard, {1}, {snapshot = {quality = 0}}) --!
  sweep.run(yard, {1}, {snapshot = {width = 640}}) --!
  sweep.run(yard, {1}, {snapshot = true}) --!
  sweep.run(yard, {1}, {save = "{presett}.jpg"}) --!
  sweep.run(yard, {1}, {save = "../{preset}.jpg"}) --!
  sweep.run(several, {1}) --!
  tour.run(yard, {{preset = 1, snapshot = "{when}.jpg"}}) --!
  tour.run(several, {{preset = 1}}) --!
  hik.http.patch("http://192.0.2.1/") --!
end)
timelapse.start(yard, "10m", {file = "{preset}.jpg"}) --!
timelapse.start(hik.spawn(print), "10m") --!
