-- An alarm panel, Home Assistant or a button says "burglar", by
--   hiklua exec --site SITE -e 'hik.emit("burglar", {where = "fence"})'
-- and the dome looks there and stays for five minutes.
local yard = hik.device("gate"):channel("yard")

hik.on("burglar", {name = "burglar", timeout = "10m"}, function(alarm)
  yard:exclusive(function()
    yard:preset(alarm.where, {wait = true})
    yard:snapshot():archive{label = "alarm", event = "burglar"}
    hik.sleep("5m")
    yard:preset("overview")
  end)
end)
