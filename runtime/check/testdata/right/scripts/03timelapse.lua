local timelapse = require "hik.timelapse"

for _, name in ipairs({"hall", "door"}) do
  timelapse.start(hik.device("nvr"):channel(name), "10m", {
    name = "lapse " .. name,
    between = "06:00-20:00",
    days = "mon-fri",
    label = "lapse",
  })
end
