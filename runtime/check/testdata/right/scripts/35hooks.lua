-- Wrapping what is there, and a function that replaces itself.
local print_before = print
local lines = 0
function print(...)
  lines = lines + 1
  return print_before(...)
end
local setup
setup = function()
  setup = function() return "again" end
  return "first"
end
print(setup(), setup(), lines)

local stop = hik.device("gate").ptz_stop
hik.on_stop(function() pcall(stop, hik.device("gate"), 1) end)
