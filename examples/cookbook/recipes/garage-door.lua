-- The garage door says by MQTT that it opens: the dome looks there, and a picture
-- goes back to whoever listens. What the broker had kept from before is no news.
local yard = hik.device("gate"):channel("yard")

hik.on("mqtt:garage/+/state", {name = "garage", overlap = "queue", timeout = "2m"}, function(message)
  if message.retained or message.payload ~= "open" then return end
  local door = message.topic:match("^garage/(.+)/state$")
  yard:preset("fence", {wait = true})
  local snap = yard:snapshot()
  hik.mqtt.publish("garage/" .. door .. "/picture", snap, {retain = true})
  hik.mqtt.publish("garage/" .. door .. "/seen", {by = "gate", at = hik.date("%H:%M:%S")})
  snap:archive{label = "alarm", event = "garage"}
end)
