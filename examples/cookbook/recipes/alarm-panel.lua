-- An alarm panel starts a tour: when a zone opens it sends POST to
-- /hooks/panel?zone=2 of the page. It is answered at once, the tour goes on; what
-- comes meanwhile starts no second one.
local yard = hik.device("gate"):channel("yard")
local zones = {["1"] = "door", ["2"] = "fence"}

hik.on("http:panel", {name = "panel", overlap = "queue"}, function(request)
  local first = zones[request.query.zone]
  if not first then error("no zone " .. tostring(request.query.zone)) end
  hik.emit("alarm tour", first)
  return {tour = first}
end)

hik.on("alarm tour", {name = "alarm tour", timeout = "10m"}, function(first)
  yard:exclusive(function()
    for _, preset in ipairs {first, "street", first} do
      yard:preset(preset, {wait = true})
      yard:snapshot():archive{label = "alarm", event = "panel"}
      hik.sleep("20s")
    end
  end)
end)
