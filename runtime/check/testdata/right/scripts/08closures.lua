-- Counters and handlers that keep upvalues, also those of loops.
local function counter(start)
  local n = start or 0
  return function(step)
    n = n + (step or 1)
    return n
  end, function() return n end
end

local handlers = {}
for i = 1, 4 do
  local next, get = counter(i * 10)
  handlers[#handlers + 1] = function()
    next()
    return get()
  end
end

hik.every("1m", function()
  local sum = 0
  for _, h in ipairs(handlers) do sum = sum + h() end
  print("sum", sum)
end)
