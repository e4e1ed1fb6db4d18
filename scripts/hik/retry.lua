-- hik.retry: calls a function again when it fails with an error that may pass
-- by itself: a device that is busy, slow or restarting.
--
--   local retry = require "hik.retry"
--   local picture = retry(function() return yard:snapshot() end, {times = 5, pause = "2s"})
--
-- Options: times (tries in all, 3), pause (before the second try, 1 s; each
-- later pause is twice the one before), all (true: also after errors that will
-- not pass). The last error is raised as it came.
local hik = require "hik"

return function(fn, options)
  options = options or {}
  local pause = options.pause or 1
  local times = options.times or 3
  for try = 1, times do
    local results = {pcall(fn)}
    if results[1] then
      return unpack(results, 2, table.maxn(results))
    end
    local err = results[2]
    local may_pass = type(err) == "table" and err.retryable
    if try == times or not (may_pass or options.all) then
      error(err, 0)
    end
    hik.sleep(pause)
    if type(pause) == "number" then pause = pause * 2 end
  end
end
