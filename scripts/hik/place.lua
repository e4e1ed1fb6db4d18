-- hik.place: where something long is, such as a tour, so that it goes on there after
-- a save of the script, a restart or a crash.
--
--   local place = require "hik.place"
--   local mine = place("round of the yard", "06:00")
--   local first = mine.was and mine.was.stop or 1
--   mine.note {stop = 2}  -- kept in hik.state at once
--   mine.leave()          -- it has ended
--
-- The second argument is when it ends, as for hik.resume, or nil. In a run of a job by
-- time the run is begun once more after it was cut off; was is what was noted in that
-- run. Elsewhere it is what was noted in the hour before, with the same end. A third
-- argument of so many seconds has the run begun once more for that long after the end,
-- too: there is something to finish.
local hik = require "hik"
local fatal = require "hik.fatal"

-- Seconds that something without an end is known again for.
local FRESH = 3600

-- begun has the runs that have begun in this version of the script, by key.
local begun = {}

-- goOn has the run begun once more if it is cut off before that moment, or the later
-- one that it has asked for itself.
local function goOn(moment)
  local noted, due = hik.resume()
  if due and (not noted or noted < moment) then hik.resume(moment) end
end

return function(key, till, late)
  local noted, due = hik.resume()
  local ends = till and hik.resume(till) or nil
  if noted then goOn(noted) end

  local mine = {ends = ends, due = due}
  local was = hik.state[key]
  if was and was.due == due and due and begun[key] ~= due then mine.was = was() end
  if was and not due and not was.due and was.ends == ends and hik.now() - was.at < FRESH then mine.was = was() end
  if due then begun[key] = due end

  local at = {ends = ends, due = due}

  -- note keeps changes beside what is noted already. It gives the error of a disk that
  -- does not take it, which is no reason to end.
  function mine.note(changes)
    for word, value in pairs(changes) do at[word] = value end
    at.at = hik.now()
    local kept, err = pcall(function()
      hik.state[key] = at
      if not at.left then goOn(ends and ends + (late or 0) or hik.now() + FRESH) end
      hik.sleep(0)
    end)
    if not kept and not fatal(err) then return err end
  end

  -- leave notes the end. A run that goes on after it, and is cut off, finds was.left.
  function mine.leave()
    at.left, at.at = true, hik.now()
    hik.state[key] = due and at or nil
  end

  return mine
end
