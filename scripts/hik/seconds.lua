-- hik.seconds: a length of time as a number of seconds.
--
--   local seconds = require "hik.seconds"
--   seconds("1m30s") --> 90
--   seconds(15)      --> 15
--
-- It reads what the functions of hik read: numbers, and text with the units ms,
-- s, m, h and d.
local units = {ms = 0.001, s = 1, m = 60, h = 3600, d = 86400}

---@param duration hik.Duration
---@return number
return function(duration)
  if tonumber(duration) then
    return tonumber(duration)
  end
  local text, sum = tostring(duration), 0
  local rest = text:gsub("([%d.]+)(%a+)", function(number, unit)
    if tonumber(number) and units[unit] then
      sum = sum + tonumber(number) * units[unit]
      return ""
    end
  end)
  if rest ~= "" or text == "" then
    error(("%q is not a duration (such as 90s, 1m30s, 2d)"):format(text), 2)
  end
  return sum
end
