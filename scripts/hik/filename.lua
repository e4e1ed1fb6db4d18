-- hik.filename: names for files that tell where and when a picture was taken.
--
--   local filename = require "hik.filename"
--   filename("{device}/{channel}/{date}/{time}.jpg", yard)
--     --> "gate/yard/2026-03-04/12-00-00.jpg"
--
-- Words: {device} {channel} {date} {time}, and whatever the third argument has:
-- filename("{preset}.jpg", yard, {preset = "door"}). The fourth is the moment as
-- hik.now() has it; left out, it is now. What can't stand in a file's name
-- becomes "_".
local hik = require "hik"

local function plain(value)
  local text = tostring(value):gsub('[/\\:*?"<>|%c]', "_"):gsub("^%.+", "_")
  return text
end

---@param template string
---@param ch hik.Channel
---@param words? table<string, any>
---@param moment? number
---@return string
return function(template, ch, words, moment)
  local known = {
    device = ch.device.name,
    channel = ch.name,
    date = hik.date("%Y-%m-%d", moment),
    time = hik.date("%H-%M-%S", moment),
  }
  for key, value in pairs(words or {}) do
    known[key] = value
  end
  local name = template:gsub("{([%w_]+)}", function(word)
    if known[word] == nil then
      error(("no {%s} in %q: there are {device}, {channel}, {date}, {time} and what the module adds"):format(word, template), 0)
    end
    return plain(known[word])
  end)
  return name
end
