-- hik.options: refuses options that a function does not have, as the functions
-- of hik do. For modules of your own.
--
--   local options = require "hik.options"
--   local function visit(ch, o)
--     o = options("visit", o, {dwell = "10s", snapshot = false, on_error = options.none})
--     ...
--
-- The third argument has the options and their defaults; options.none is the
-- default of one that has none. The result is a table of its own. The error
-- names the line that called visit; a fourth argument of 1 that of its caller.
local none = setmetatable({}, {__tostring = function() return "none" end})

local function check(name, given, defaults, further)
  local level = 3 + (further or 0) -- the call through the metatable is a tail call
  if given ~= nil and type(given) ~= "table" then
    error(("%s: options come in a table, not as a %s"):format(name, type(given)), level)
  end
  local result = {}
  for key, value in pairs(defaults) do
    if value ~= none then result[key] = value end
  end
  for key, value in pairs(given or {}) do
    if defaults[key] == nil then
      local known = {}
      for word in pairs(defaults) do known[#known + 1] = word end
      table.sort(known)
      error(("%s: unknown option %q; there are %s"):format(name, tostring(key), table.concat(known, ", ")), level)
    end
    result[key] = value
  end
  return result
end

return setmetatable({none = none}, {__call = function(_, ...) return check(...) end})
