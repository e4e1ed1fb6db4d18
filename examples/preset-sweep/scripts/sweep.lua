-- At set times every head shows its presets, a picture each, and goes home.
--
-- hik.sweep waits until the head has arrived, keeps others off the head
-- meanwhile, and goes on when a single preset fails.

local sweep = require "hik.sweep"
local nvr, vars = hik.device("nvr"), hik.vars

local heads = {
  {camera = nvr:channel("yard"), presets = {"gate", "parking", "fence"}},
  {camera = nvr:channel("ramp"), presets = {"door", "street"}},
}

local file = "sweep/{channel}/{date}/{time}-{preset}.jpg" -- below data/

local function show(head)
  local ok, stops = pcall(sweep.run, head.camera, head.presets,
    {settle = vars.settle, home = vars.home, save = file})
  if not ok then -- not one preset was shown: this head is off, the others go on
    hik.log.error("no sweep of " .. tostring(head.camera) .. ": " .. tostring(stops))
    return 0
  end
  local kept = 0
  for _, stop in ipairs(stops) do
    if stop.path then kept = kept + 1 end
  end
  return kept
end

-- The heads move side by side; the recorder gets one command at a time.
hik.cron(vars.sweep, {name = "sweep", days = vars.days, timeout = "10m"}, function()
  local kept = hik.parallel(heads, show)
  for i, head in ipairs(heads) do
    print(("%s: %d of %d pictures"):format(tostring(head.camera), kept[i], #head.presets))
  end
end)
