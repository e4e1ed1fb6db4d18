-- What several scripts share.
local M = {}

M.presets = {door = 1, fence = 2, dock = 3}

function M.each(list, fn)
  for i = 1, #list do fn(list[i], i) end
end

function M.trim(s) return (s:gsub("^%s*(.-)%s*$", "%1")) end

-- The last argument is the default.
function M.pick(...)
  local n = select("#", ...)
  for i = 1, n do
    local v = (select(i, ...))
    if v ~= nil then return v end
  end
end

return M
