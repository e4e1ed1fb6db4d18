-- The lamp on relay 1 and the dome's own light burn from sunset to eleven, and in
-- the morning from six until sunrise, where that is later.
local yard = hik.device("gate"):channel("yard")

local function light(on)
  hik.set_output("gate", 1, on)
  yard:aux("light", on)
end

hik.at("sunset", {name = "light on"}, function() light(true) end)
hik.at("23:00", {name = "light off"}, function() light(false) end)
hik.at("06:00", {name = "early light"}, function(run)
  if hik.sun().sunrise > run.scheduled then light(true) end
end)
hik.at("sunrise", {name = "daylight"}, function() light(false) end)
