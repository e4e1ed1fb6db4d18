-- What a call gives: nothing, a list, an object.
local yard = hik.device("gate"):channel("yard")

hik.cron("0 * * * *", {name = "calls"}, function()
  print(pcall(yard:preset("door"))) --!
  print(xpcall(hik.preset("gate", "yard", "door"), print)) --!
  hik.spawn(yard:preset("door")) --!
  hik.timeout(5, yard:ptz_stop()) --!
  for _, device in hik.devices() do print(device.name) end --!
  for _, preset in yard:presets() do print(preset.name) end --!
  for event in yard do print(event) end --!
  for step in yard:ptz_stop() do print(step) end --!
  for key, value in pairs(hik.device("gate")) do print(key, value) end --!
end)
