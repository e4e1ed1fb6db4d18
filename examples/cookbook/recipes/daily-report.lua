-- A page for the customer each morning: which devices answer, how many pictures
-- of the last day there are, and what went wrong.
hik.on("door:motion", {name = "count", overlap = "queue"}, function()
  hik.state.motion = (hik.state.motion or 0) + 1
end)

hik.at("06:30", {name = "report", catch_up = "12h"}, function(run)
  local lines = {"Report of " .. hik.date("%Y-%m-%d", run.scheduled)}
  for _, device in ipairs(hik.devices()) do
    local pictures = #hik.archive.list{device = device.name, from = "1d", limit = 10000}
    table.insert(lines, ("%s: %s, %d pictures"):format(device.name, device.state, pictures))
  end
  table.insert(lines, ("motion at the door: %d times"):format(hik.state.motion or 0))
  hik.state.motion = 0
  hik.file.write("reports/" .. hik.date("%Y-%m-%d", run.scheduled) .. ".txt", table.concat(lines, "\n") .. "\n")
end)
