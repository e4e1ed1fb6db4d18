-- The gate's dome goes round its stops and takes a picture of each.
-- Save this file while it runs: the new version goes live at once.

local pictures = require "pictures"
local dome = hik.device("gate"):channel("dome")

-- With pan the head turns slowly while it looks: -100 (left) to 100 (right).
local stops = {
  -- {name = "tower", preset = 7},
  {name = "gate", preset = 1},
  {name = "parking", preset = 3, pan = 15},
  {name = "yard", preset = 5},
}

local function visit(stop)
  dome:preset(stop.preset)
  hik.sleep("2500ms") -- until the head is there
  pictures.keep(dome, "patrol")
  if stop.pan then
    dome:ptz_pan_tilt(stop.pan, 0, {duration = hik.vars.dwell})
  else
    hik.sleep(hik.vars.dwell)
  end
end

hik.spawn(function()
  while true do
    for _, stop in ipairs(stops) do
      local ok, problem = pcall(visit, stop)
      if not ok then -- one failure does not end the patrol
        hik.log.warn("left out " .. stop.name .. ": " .. tostring(problem))
        hik.sleep(10)
      end
    end
  end
end)
