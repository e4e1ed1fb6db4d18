-- Motion at night: the guard gets the picture by Telegram, and a word on the phone by
-- ntfy. Nothing waits for the message; a minute is quiet after each.
local entrance = hik.device("door"):channel("entrance")
local last = 0

entrance:on("motion", {name = "tell the guard", between = "sunset-sunrise"}, function(event)
  if hik.now() - last < 60 then return end
  last = hik.now()
  local text = "Motion at the door at " .. hik.date("%H:%M:%S", event.time)
  hik.notify("guard", {text = text, picture = entrance:snapshot()})
  hik.notify("phone", text)
end)
