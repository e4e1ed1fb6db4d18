-- hik.shuffle: a list in random order, without the same value twice in a row.
--
--   local shuffle = require "hik.shuffle"
--   shuffle({"door", "fence", "yard"})         --> such as {"yard", "door", "fence"}
--   shuffle({"door", "fence", "yard"}, "yard") --> does not begin with "yard"
--
-- Where the values leave no choice, one comes twice. The order is that of
-- math.random, so that the same seed gives the same.

-- Orders that are tried, the best of which counts: only values that are equal make
-- the first one a bad one.
local TRIES = 20

-- draw takes the values at random, each unlike the one before where one is left that is. The
-- second result counts those that are not.
local function draw(values, before)
  local left, order, twice = {unpack(values)}, {}, 0
  while #left > 0 do
    local others = {}
    for i, value in ipairs(left) do
      if value ~= before then others[#others + 1] = i end
    end
    if #others == 0 then twice = twice + 1 end
    before = table.remove(left, others[math.random(math.max(#others, 1))] or #left)
    order[#order + 1] = before
  end
  return order, twice
end

return function(values, before)
  local best, least = draw(values, before)
  for _ = 2, TRIES do
    if least == 0 then break end
    local order, twice = draw(values, before)
    if twice < least then best, least = order, twice end
  end
  return best
end
