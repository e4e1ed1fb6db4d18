-- At half past five the dome looks down and wipes for ten seconds, then takes a
-- picture that shows whether it helped.
local yard = hik.device("gate"):channel("yard")

hik.at("05:30", {name = "wiper"}, function()
  yard:exclusive(function()
    yard:ptz_absolute({tilt = -60})
    yard:aux("wiper", true)
    hik.sleep("10s")
    yard:aux("wiper", false)
    yard:preset("overview", {wait = true})
    yard:snapshot():save("wiper/" .. hik.date("%Y-%m-%d") .. ".jpg")
  end)
end)
