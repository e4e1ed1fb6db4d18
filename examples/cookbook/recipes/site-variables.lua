-- One script for all sites: presets, hours and names come from site.yaml.
local visit = require "visit"
local yard = hik.device("gate"):channel("yard")

hik.cron("*/30 * * * *", {name = "round", between = hik.vars.open, days = "mon-fri"}, function()
  for _, preset in ipairs(hik.vars.round) do
    visit(yard, preset):save(("round/%s.jpg"):format(preset))
  end
end)
