local yard = hik.device("gate"):channel(1)

local function look_around(ch)
  for pan = -60, 60, 30 do
    ch:ptz_pan_tilt(pan, 0, {duration = "1s"})
  end
  ch:ptz_stop()
end

hik.cron("5 22-23,0-5 * * *", {name = "look around"}, function()
  yard:exclusive({timeout = "30s"}, look_around)
  hik.timeout("20s", function() yard:preset(1, {wait = true}) end)
  local where = yard:ptz_status()
  if where.zoom > 4 then yard:ptz_absolute{pan = where.pan, zoom = 1} end
end)
