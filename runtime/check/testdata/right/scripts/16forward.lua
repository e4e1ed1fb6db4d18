-- Functions that call each other, declared before.
local is_even, is_odd
function is_even(n) if n == 0 then return true end return is_odd(n - 1) end
function is_odd(n) if n == 0 then return false end return is_even(n - 1) end

local walk
walk = function(t, depth)
  for k, v in pairs(t) do
    print(("  "):rep(depth) .. tostring(k))
    if type(v) == "table" then walk(v, depth + 1) end
  end
end

local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end

walk({a = {b = {c = 1}}}, 0)
print(is_even(10), fact(5))
