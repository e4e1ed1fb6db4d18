-- Settings of lib/config.lua, and globals of this script that several functions use.
require "config"
local report = require "report"
REPORT_PREFIX = "roof"
moves = 0

function home(ch)
  moves = moves + 1
  ch:preset(HOME_PRESET)
end

hik.every("1h", function()
  home(hik.device("roof"):channel(1))
  if setting("verbose", true) then print(report.line("moves " .. moves)) end
end)
hik.at("00:00", function() moves = 0 end)
