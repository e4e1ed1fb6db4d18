-- A door contact on alarm input 1 of the camera: when the door opens at night,
-- the light goes on for two minutes (relay 1) and the dome looks there.
local yard = hik.device("gate"):channel("yard")

hik.on("gate:io", {name = "door contact", between = "sunset-sunrise"}, function(event)
  if event.port ~= 1 then return end
  yard:preset("door")
  hik.set_output("gate", 1, true, {duration = "2m"})
end)
