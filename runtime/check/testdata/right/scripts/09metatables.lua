-- Vectors with operators, defaults by __index, calls by __call.
local Vec = {}
Vec.__index = Vec
local function vec(x, y) return setmetatable({x = x, y = y}, Vec) end
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end
Vec.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vec.__tostring = function(v) return "(" .. v.x .. ", " .. v.y .. ")" end
function Vec:len() return math.sqrt(self.x ^ 2 + self.y ^ 2) end

local defaults = setmetatable({}, {__index = function(_, key) return "no " .. key end})
local log = setmetatable({}, {
  __call = function(_, ...) print(...) end,
  __index = function(t, level)
    local fn = hik.log[level]
    rawset(t, level, fn)
    return fn
  end,
})

hik.spawn(function()
  local a = vec(1, 2) + vec(3, 4)
  log(tostring(a), a:len(), a == vec(4, 6), defaults.colour)
  log.info("vectors work")
end)
