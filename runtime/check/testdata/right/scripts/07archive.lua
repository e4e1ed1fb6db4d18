local function day(t) return hik.date("%Y-%m-%d", t) end

hik.at("00:10", {catch_up = "6h"}, function()
  local total, count = 0, 0
  for _, p in ipairs(hik.archive.list{from = "1d"}) do
    total, count = total + p.size, count + 1
  end
  hik.file.append("report.csv", ("%s,%d,%d\n"):format(day(hik.now() - 86400), count, total))
  hik.archive.prune()
end)
