-- Options that are changed after they were made: what the constructor says is not all.
local tour = require "hik.tour"
local yard = hik.device("gate"):channel("yard")
local options = {dwell = "5s"}
local stops = {}
for i = 1, 3 do stops[#stops + 1] = {preset = i} end
table.insert(stops, {preset = "door", snapshot = function(picture) picture:archive{label = "tour"} end})
options.rounds = #stops
if hik.vars.night then options.till = hik.vars.night.finish end
hik.at(hik.vars.night.begin, function() tour.run(yard, stops, options) end)

local job = {name = "shared options"}
hik.every("1m", job, function() end)
