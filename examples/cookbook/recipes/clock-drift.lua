-- Evidence needs the right time. Once a day every clock is looked at; one that is
-- wrong by more than 5 s is set, unless the device asks a time server itself.
hik.at("03:15", {name = "clocks"}, function()
  for _, device in ipairs(hik.devices()) do
    local ok, clock = pcall(device.time, device)
    if not ok then
      hik.log.warn("no time of " .. device.name, {why = clock.message})
    elseif math.abs(clock.ahead) > 5 then
      hik.log.warn(device.name .. " has the wrong time", {ahead = clock.ahead, mode = clock.mode})
      if clock.mode ~= "NTP" then device:set_time() end
    end
  end
end)
