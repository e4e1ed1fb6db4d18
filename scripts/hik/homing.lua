-- hik.homing: takes a head to a preset at the end of something, also if the device does not answer.
--
--   local homing = require "hik.homing"
--   local told = require "hik.failures"()
--   hik.finally(function() look(yard) end, function() homing(yard, "door", told) end)
--
-- It is tried for five minutes. What fails is told by the third argument, which
-- hik.failures makes.
local hik = require "hik"
local fatal = require "hik.fatal"

-- Seconds from try to try, and how many tries.
local PAUSE, TRIES = 10, 30

return function(ch, preset, told)
  for try = 1, TRIES do
    local ok, err = pcall(ch.preset, ch, preset)
    if ok then
      told.worked("home")
      return
    end
    told.failed("home", "not reached", err)
    if fatal(err) or err.kind == "misuse" then return end
    if try < TRIES then hik.sleep(PAUSE) end
  end
end
