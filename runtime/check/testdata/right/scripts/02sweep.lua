local sweep = require("hik.sweep")
local yard = hik.device("gate"):channel("yard")

hik.cron("0 */2 * * *", {name = "sweep", overlap = "skip", timeout = "10m"}, function(run)
  local missing = 0
  for _, stop in ipairs(sweep.run(yard, {1, 2, "door"}, {save = true, settle = "500ms"})) do
    if stop.error then missing = missing + 1 end
    print(stop.preset, stop.path or stop.error)
  end
  if missing > 0 then hik.log.warn("sweep with gaps", {missing = missing, late = run.late}) end
end)
