-- Recorders and cameras that get slow with the weeks: one after the other in the
-- night to Sunday, ten minutes apart, and the next one only if the one before is
-- back.
hik.cron("0 4 * * sun", {name = "reboot"}, function()
  for _, name in ipairs{"door", "nvr"} do
    local device = hik.device(name)
    device:reboot()
    hik.sleep("10m")
    if device.state ~= "online" then
      hik.log.error(name .. " has not come back; the others are left alone")
      return
    end
  end
end)
