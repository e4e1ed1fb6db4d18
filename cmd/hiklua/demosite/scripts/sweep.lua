-- At set times the yard's dome shows some presets, and goes home.

local pictures = require "pictures"
local yard = hik.device("nvr"):channel("yard")
local presets, home = {2, 4, 6}, 1

hik.cron(hik.vars.sweep, {name = "sweep", timeout = "5m"}, function()
  yard:exclusive(function() -- nobody else moves the head meanwhile
    for _, preset in ipairs(presets) do
      yard:preset(preset)
      hik.sleep(2)
      pictures.keep(yard, "sweep")
    end
    yard:preset(home)
  end)
end)
