local tour, sweep, timelapse, retry = require "hik.tour", require "hik.sweep", require "hik.timelapse", require "hik.retry"
local seconds, filename, failures, nearest, options = require "hik.seconds", require "hik.filename", require "hik.failures", require "hik.nearest", require "hik.options"
local y = hik.device("gate"):channel("yard")
local stops = {{preset="door", dwel=3}} --!
local opts = {til="sunrise"} --!
local run = tour.run
hik.at("22:00", function()
  tour.rnu() --!
  tour.run() --!
  tour.run(y) --!
  tour.run(y, {}) --!
  tour.run(y, {{preset="door", dwel=3}}, {til="sunrise"}) --!
  tour.run(y, stops)
  tour.run(y, {{preset=1}}, opts)
  tour.run(y, {{preset=1}}, {till="sunrize"}) --!
  tour.run(y, {{preset=1}}, {dwell="20 sec"}) --!
  tour.run(y, {{preset=1}}, {dwell=-1}) --!
  tour.run(y, {{preset=1}}, {rounds=1.5}) --!
  tour.run(y, {{preset=1}}, {home=0}) --!
  tour.run(y, {{preset=1}}, {home=true}) --!
  tour.run(y, {{preset=1}}, {yield=true}) --!
  tour.run(y, {{preset=1}}, {hold_on="moton"}) --!
  tour.run(y, {{preset=1}}, {hold_on={"motion","moton"}}) --!
  tour.run(y, {{preset=1}}, {on_error="log"}) --!
  tour.run(y, {{preset=1, snapshot=1}}) --!
  tour.run(y, {{preset=1}}, {dwell=3}, 4) --!
  tour.run(y, {{preset=1}}, 5) --!
  tour.run("yard", {{preset=1}}) --!
  tour.run(y, {preset=1}) --!
  tour.run(hik.device("gate"), {{preset=1}})
  run(y, {{preset=1}}, {dwel=3}) --!
  pcall(tour.run, y, {{preset=1}}, {dwel=3}) --!
  hik.spawn(tour.run, y, {{preset=1}}, {dwel=3}) --!
  hik.timeout("1h", tour.rnu) --!
  sweep.run({1,2}, y) --!
  sweep.run(y, {1,2}, {hom=1}) --!
  sweep.run(y, {1,2}, {settle="x"}) --!
  sweep.run(y, {1,2}, {save=1}) --!
  sweep.run(y, 1) --!
  sweep.run(y, {1,2}, {snapshot={strem="sub"}}) --!
  sweep.run(y, {1,2}, {save="{presett}.jpg"}) --!
  sweep.start(y, {1}) --!
  timelapse.start("10m", y) --!
  timelapse.start(y, "10m", {betwen="06:00-20:00"}) --!
  timelapse.start(y, "10 min") --!
  timelapse.start(y, 0) --!
  timelapse.start(y) --!
  timelapse.start(y, "10m", {days="mo-fri"}) --!
  timelapse.start(y, "10m", {timezone="Europe/Berln"}) --!
  timelapse.start(y, "10m", {tries=0}) --!
  timelapse.start(y, "10m", {file=1}) --!
  retry(function() return 1 end, {tries=3}) --!
  retry() --!
  retry(3) --!
  retry(function() end, {times=0}) --!
  retry(function() end, {pause="1 s"}) --!
  retry(y.snapshot, y, {times=3}) --!
  retry.run(function() end) --!
  seconds("10 min") --!
  seconds() --!
  filename() --!
  nearest("x") --!
  nearest.hnit("x", {}) --!
  options("x") --!
  print(filename("{devise}.jpg", y)) --!
  local told = failures()
  told.faild("x", "y", "z")
end)
