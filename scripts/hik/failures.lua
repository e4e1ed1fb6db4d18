-- hik.failures: what fails again and again is told once, then counted.
--
--   local failures = require "hik.failures"
--   local told = failures()
--   told.failed("preset 2", "not reached", err) --> WRN preset 2 not reached: offline: ...
--   told.failed("preset 2", "not reached", err) --> nothing
--   told.worked("preset 2")                     --> INF preset 2: works again; it had failed 1 more time since 02:14:07
--   told.close()                                --> what is left to tell
--
-- failures(fields) adds fields to each line.
local hik = require "hik"

-- message is what an error says, without the place in a module.
local function message(err)
  return type(err) == "table" and err.message or tostring(err)
end

local function times(n) return n == 1 and "1 more time" or n .. " more times" end

return function(fields)
  local open, order = {}, {}
  local told = {}

  local function log(level, text, err)
    local all = {}
    for key, value in pairs(fields or {}) do all[key] = value end
    if type(err) == "table" then all.kind, all.hint = err.kind, err.hint end
    hik.log[level](text, all)
  end

  -- failed reports whether it was told.
  function told.failed(what, how, err)
    local known = open[what]
    if known then
      known.more = known.more + 1
      return false
    end
    open[what] = {how = how, since = hik.now(), more = 0}
    order[#order + 1] = what
    log("warn", ("%s %s: %s"):format(what, how, message(err)), err)
    return true
  end

  local function forget(what)
    open[what] = nil
    for i, other in ipairs(order) do
      if other == what then table.remove(order, i) break end
    end
  end

  function told.worked(what)
    local known = open[what]
    if not known then return end
    forget(what)
    local more = known.more > 0 and ("; it had failed %s since %s"):format(times(known.more), hik.date("%H:%M:%S", known.since)) or ""
    log("info", what .. ": works again" .. more)
  end

  function told.close()
    for _, what in ipairs(order) do
      local known = open[what]
      if known.more > 0 then
        log("warn", ("%s %s %s until %s"):format(what, known.how, times(known.more), hik.date("%H:%M")))
      end
    end
    open, order = {}, {}
  end

  return told
end
