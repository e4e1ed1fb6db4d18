local tour, sweep, retry = require "hik.tour", require "hik.sweep", require "hik.retry"
local timelapse = require "hik.timelapse"
local y = hik.device("gate"):channel("yard")
local gate = hik.device("gate")
y:preset(1) --!
hik.preset("gate", 1) --!
gate:snapshot(1) --!
gate:info() --!
print(gate:time()) --!
gate:request("GET", "/x") --!
hik.channels("gate") --!
y:ptz_stop() --!
y:ptz_status() --!
y:exclusive(function() y:preset(1) end) --!
hik.sleep(5) --?
hik.sleep("1h") --!
hik.parallel({1}, print) --!
hik.timeout(5, function() hik.sleep(1) end) --?
y:wait("motion") --!
gate:wait("motion", {timeout = 1}) --!
hik.emit("x", 1) --!
hik.http.get("http://127.0.0.1/")
hik.file.write("x", "y")
hik.file.read("x")
hik.archive.list()
hik.archive.prune()
tour.run(y, {{preset = 1}}) --!
sweep.run(y, {1}) --!
retry(function() return y:snapshot() end) --!
timelapse.start(y, "10m")
hik.spawn(function() end):wait() --!
hik.every("1m", function() end):run()
local function go() y:preset(1) end
go() --!
pcall(go) --!
pcall(function() y:preset(1) end) --!
pcall(y.preset, y, 1); --!
(function() y:preset(1) end)() --!
for _, ch in ipairs{y} do ch:preset(1) end --!
for _, d in ipairs(hik.devices()) do d:info() end --!
local M = {}
function M.go() y:snapshot() end
M.go() --!
local co = coroutine.wrap(function() y:snapshot() end)
co()
hik.state.x = (hik.state.x or 0) + 1
hik.shared_state.x = 1
hik.log.info("x")
while true do hik.sleep(1) end --!
