local yard = hik.device("gate"):channel("yard")
local last = {}

local function on_event(ev)
  local key = ev.device .. "/" .. (ev.channel or 0)
  local now = hik.now()
  if last[key] and now - last[key] < 30 then return end
  last[key] = now
  yard:snapshot({stream = "sub"}):archive{label = ev.type, event = ev}
end

yard:on("motion", {between = "22:00-06:00", state = "both"}, on_event)
hik.on("nvr/door:line_crossing", on_event)
hik.on("gate:offline", function(ev) hik.log.error("gate is gone", {since = ev.time}) end)
hik.on("nvr:any", function(ev, run)
  print(ev.type, ev.native, run.name)
end)
