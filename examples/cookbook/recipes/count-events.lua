-- How often somebody passes, hour by hour, as a table for a spreadsheet. The
-- count outlives a restart.
hik.on("door:line_crossing", {name = "passed", overlap = "queue"}, function()
  hik.state.count = (hik.state.count or 0) + 1
end)

hik.cron("0 * * * *", {name = "hour"}, function(run)
  local file = "counts/" .. hik.date("%Y-%m", run.scheduled - 3600) .. ".csv"
  if not hik.file.exists(file) then hik.file.write(file, "day,hour,passed\n") end
  hik.file.append(file, hik.date("%Y-%m-%d,%H", run.scheduled - 3600) .. "," .. (hik.state.count or 0) .. "\n")
  hik.state.count = 0
end)
