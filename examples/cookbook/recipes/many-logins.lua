-- Somebody guesses passwords at a camera, or its disk is full: things that a
-- camera notices about itself.
for _, device in ipairs(hik.devices()) do
  for _, trouble in ipairs{"login_failed", "storage_full", "storage_error", "tamper"} do
    device:on(trouble, {name = trouble .. " " .. device.name}, function(event)
      hik.log.error(("%s: %s"):format(event.device, event.type:gsub("_", " ")))
    end)
  end
end
