-- A device that is away for ten minutes is told once, and when it is back. Two
-- minutes of a restart tell nobody anything.
for _, device in ipairs(hik.devices()) do
  local alarm, told
  device:on("offline", {name = "away " .. device.name, state = "both", overlap = "queue"}, function(event)
    if event.state == "start" then
      alarm = hik.after("10m", {name = "still away " .. device.name}, function()
        told = true
        hik.log.error(device.name .. " has been away for ten minutes")
      end)
      return
    end
    if alarm then alarm:stop() end
    if told then print(device.name .. " is back") end
    told = false
  end)
end
