-- Every morning: which inputs of the recorder have lost their camera?
local nvr = hik.device("nvr")

hik.at("07:00", {name = "inputs"}, function()
  local lost = {}
  for _, channel in ipairs(nvr:channels()) do
    if channel.enabled and channel.online == false then table.insert(lost, channel.name) end
  end
  if #lost > 0 then hik.log.error("no camera on " .. table.concat(lost, ", ")) end
end)
