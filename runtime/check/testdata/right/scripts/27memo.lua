local function memoize(fn)
  local cache = setmetatable({}, {__mode = "k"})
  return function(key)
    local v = cache[key]
    if v == nil then
      v = fn(key)
      cache[key] = v
    end
    return v
  end
end
local channel = memoize(function(key)
  return hik.device(key.device):channel(key.channel)
end)
local places = {{device = "nvr", channel = "hall"}, {device = "gate", channel = 1}}
hik.every("1h", function()
  for _, place in ipairs(places) do channel(place):snapshot():archive{} end
end)
