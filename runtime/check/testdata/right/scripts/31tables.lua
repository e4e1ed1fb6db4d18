local function copy(t) local c = {} for k, v in pairs(t) do c[k] = v end return c end
local function map(t, f) local r = {} for i, v in ipairs(t) do r[i] = f(v) end return r end
local function filter(t, f) local r = {} for _, v in ipairs(t) do if f(v) then r[#r + 1] = v end end return r end
local function keys(t) local r = {} for k in pairs(t) do table.insert(r, k) end table.sort(r) return r end

local stops = {{preset = 1, dwell = 5}, {preset = 2}}
local longer = map(stops, function(s) local c = copy(s) c.dwell = (c.dwell or 10) * 2 return c end)
local short = filter(longer, function(s) return s.dwell < 15 end)
print(#short, next(short) ~= nil, table.concat(keys({b = 1, a = 2}), ","), unpack({1, 2, 3}))
local tour = require "hik.tour"
hik.at("23:00", function() tour.run(hik.device("gate"):channel("yard"), longer, {rounds = 2}) end)
