-- hik.duty: how often the motors of a head may run in an hour.
--
--   local duty = require "hik.duty"
--   local moves = duty(yard, 60)        -- at most 60 moves in any hour
--   hik.sleep(moves.wait())             -- seconds until it may move; 0: now
--   yard:preset("door", {wait = true})
--   moves.made()
--
-- What was made is in hik.state, so that a save or a restart gives no new hour.
local hik = require "hik"

local HOUR = 3600

return function(ch, most)
  local key = "hik.duty " .. tostring(ch)

  -- made lists the times of the moves of the last hour.
  local function made()
    local list, now = {}, hik.now()
    for _, at in ipairs(hik.state[key] or {}) do
      if at > now - HOUR and at <= now then list[#list + 1] = at end
    end
    return list
  end

  local moves = {}

  function moves.wait()
    local list = made()
    local last = list[#list - most + 1] -- since then there were as many as may be
    return last and math.max(0, last + HOUR - hik.now()) or 0
  end

  function moves.made()
    local list = made()
    list[#list + 1] = hik.now()
    -- A disk that does not take it is told by whatever else is kept.
    pcall(function()
      hik.state[key] = list
      hik.sleep(0)
    end)
  end

  return moves
end
