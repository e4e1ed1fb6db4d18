-- All kinds of jobs, some stopped by others.
local gate = hik.device "gate"
local poll = hik.every("30s", {name = "poll", jitter = "2s"}, function()
  local info = gate:info()
  print(("%s %s"):format(info.model, info.firmware))
end)

hik.at("08:00", {days = "sat,sun"}, function() poll:stop() end)
hik.at("2030-01-01 00:00", function() print "happy new year" end)
hik.after("5m", function() hik.log.info("five minutes up") end)
hik.cron("@hourly", function() end)
hik.cron("CRON_TZ=America/New_York 30 9 * * mon-fri", function(run)
  print(run.name, run.scheduled)
end)
hik.every("1h", {between = "sunset-sunrise", timezone = "Europe/London"}, function() end)
