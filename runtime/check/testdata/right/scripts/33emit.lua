-- Events between scripts.
local function announce(name, value)
  hik.emit(name, value)
  hik.log.debug("emitted", {name = name})
end
hik.device("lobby"):on("motion", function(ev)
  announce("doorbell", {at = ev.time, by = ev.target or "somebody"})
end)
hik.on("alarm", {overlap = "queue"}, function(value, run)
  print(type(value), run.event)
end)
