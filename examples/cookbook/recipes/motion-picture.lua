-- Motion at night: the dome looks there and takes a picture for the archive. The
-- pictures of five minutes are enough for one alarm.
local yard = hik.device("gate"):channel("yard")
local last = 0

hik.on("door:motion", {name = "motion", between = "20:00-06:00"}, function(event)
  if hik.now() - last < 300 then return end
  last = hik.now()
  yard:preset("door", {wait = true})
  yard:snapshot():archive{label = "alarm", event = event}
  yard:preset("overview")
end)
