-- hik.retry: calls a function again when it fails with an error that may pass
-- by itself: a device that is busy, slow or restarting.
--
--   local retry = require "hik.retry"
--   local picture = retry(function() return yard:snapshot() end, {times = 5, pause = "2s"})
--
-- The last error is raised as it came. What moves a head is better
-- not tried again blindly: it may have moved.
local hik = require "hik"
local options = require "hik.options"
local seconds = require "hik.seconds"

---@class (exact) hik.RetryOptions
---@field times? integer tries in all
---@field pause? hik.Duration before the second try; each later pause is twice the one before
---@field all? boolean true: also after errors that will not pass by themselves
---@field [string] hik.UnknownOption
---@param fn function
---@param o? hik.RetryOptions
---@return any ...
return function(fn, o)
  o = options.library("hik.retry", "", fn, o)
  local pause, times = seconds(o.pause), tonumber(o.times)
  for try = 1, times do
    local results = {pcall(fn)}
    if results[1] then
      return unpack(results, 2, table.maxn(results))
    end
    local err = results[2]
    local may_pass = type(err) == "table" and err.retryable
    if try == times or not (may_pass or o.all) then
      error(err, 0)
    end
    hik.sleep(pause)
    pause = pause * 2
  end
end
