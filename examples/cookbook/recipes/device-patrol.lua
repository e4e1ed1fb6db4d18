-- The patrol that the camera keeps by itself, at night only. It costs the
-- network nothing, and goes on if this machine fails.
local yard = hik.device("gate"):channel("yard")

hik.at("20:00", {name = "patrol on", days = "mon-fri"}, function() yard:patrol_start(1) end)
hik.at("06:00", {name = "patrol off", days = "mon-fri"}, function()
  yard:patrol_stop(1)
  yard:preset("overview")
end)
