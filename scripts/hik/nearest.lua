-- hik.nearest: the word that was probably meant by a misspelt one.
--
--   local nearest = require "hik.nearest"
--   nearest("dwel", {"dwell", "preset"})      --> "dwell", or nil if none is near
--   nearest.hint("dwel", {"dwell", "preset"}) --> ' (did you mean "dwell"?)', or ""
--
-- A third of the letters may be wrong. Upper and lower case count as equal.

-- distance counts the letters to add, drop, replace or swap with a neighbour.
local function distance(a, b)
  local before, last = {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = {[0] = i}
    for j = 1, #b do
      local x, y = a:sub(i, i), b:sub(j, j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x == y and 0 or 1))
      if i > 1 and j > 1 and x == b:sub(j - 1, j - 1) and a:sub(i - 1, i - 1) == y then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

local function nearest(typed, known)
  typed = tostring(typed):lower()
  if #typed > 64 then return nil end
  local best, limit = nil, math.floor(#typed / 3) + 1
  for _, word in ipairs(known) do
    local lower = word:lower()
    if #lower <= 64 then
      local d = distance(typed, lower)
      if #typed >= 3 and lower:sub(1, #typed) == typed then d = math.min(d, 1) end
      if d < limit or d == limit and not best and d < #lower then best, limit = word, d end
    end
  end
  return best
end

local function hint(typed, known)
  local word = nearest(typed, known)
  return word and (" (did you mean %q?)"):format(word) or ""
end

return setmetatable({hint = hint}, {__call = function(_, ...) return nearest(...) end})
