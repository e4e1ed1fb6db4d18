-- Visits the presets of site.yaml's vars, round after round, and keeps a picture
-- of each. Save this file while "hiklua run" runs: the new version goes live.
local visit = require "visit" -- lib/visit.lua

local yard = hik.device("gate"):channel("yard")

hik.every("30s", {name = "patrol"}, function()
  for _, preset in ipairs(hik.vars.presets) do
    local file = visit(yard, preset)
    print("preset " .. preset .. ": " .. file)
    hik.sleep(hik.vars.dwell)
  end
end)

-- At night nobody looks: home at ten, on working days.
hik.at("22:00", {name = "night", days = "mon-fri"}, function()
  yard:preset(1)
end)
