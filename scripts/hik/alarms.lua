-- hik.alarms: whether one of some events of a channel goes on, or has ended lately.
--
--   local alarms = require "hik.alarms"
--   local motion = alarms(yard, "motion", 30) -- 30 s after its end counts as well
--   if motion.held() then print("something moves") end
--   motion.close()
--
-- The second argument is an event or a list of them. A fourth is what on() gave: which
-- of them went on when the script was saved. Such a one counts until its end is told,
-- but for five minutes at most, since that may have been meanwhile.
local hik = require "hik"

local CARRIED = 300

return function(ch, words, pause, carried)
  local on, ended, jobs = {}, carried and hik.now() or -math.huge, {}
  for _, word in ipairs(carried or {}) do on[word] = hik.now() + CARRIED end
  for _, word in ipairs(type(words) == "table" and words or {words}) do
    local job = {name = ("tour of %s: hold on %s"):format(tostring(ch), word), state = "both", overlap = "allow"}
    jobs[#jobs + 1] = ch:on(word, job, function(ev)
      on[word] = ev.state == "start" and math.huge or nil
      if ev.state == "stop" then ended = hik.now() end
    end)
  end

  local alarms = {}

  -- on lists the events that go on.
  function alarms.on()
    local list = {}
    for word, till in pairs(on) do
      if hik.now() < till then list[#list + 1] = word end
    end
    table.sort(list)
    return list
  end

  function alarms.held() return #alarms.on() > 0 or hik.now() - ended < pause end

  function alarms.close()
    for _, job in ipairs(jobs) do job:stop() end
  end

  return alarms
end
