-- hik.presetlist: which presets a head has, for those who know them by name.
--
--   local presetlist = require "hik.presetlist"
--   local known = presetlist(yard)  -- nil: the head tells none, or not now
--   known.find("Door")              --> {id = 2, name = "door", ...}, or nil
--   known.missing("dor")            --> 'gate/yard has no preset "dor" (did you mean "door"?)'
--   presetlist.label("door", known) --> "preset 2 (door)"
local fatal = require "hik.fatal"
local nearest = require "hik.nearest"

-- Presets that a message lists.
local SHOWN = 12

local function presetsOf(ch)
  local ok, list = pcall(ch.presets, ch, {special = true})
  if not ok then
    if fatal(list) then error(list, 0) end
    return nil
  end
  if #list == 0 then return nil end

  local known = {}

  function known.find(preset)
    local number, name = tonumber(preset), tostring(preset):lower():match("^%s*(.-)%s*$")
    for _, p in ipairs(list) do
      if p.id == number or not number and p.name:lower() == name then return p end
    end
  end

  function known.missing(preset)
    local names, shown = {}, {}
    for _, p in ipairs(list) do
      if p.name ~= "" then names[#names + 1] = p.name end
      if not p.special and #shown < SHOWN then shown[#shown + 1] = p.name ~= "" and p.name or tostring(p.id) end
    end
    local hint = tonumber(preset) and "" or nearest.hint(preset, names)
    if hint == "" then hint = "; it has " .. table.concat(shown, ", ") end
    return ("%s has no preset %s%s"):format(tostring(ch), type(preset) == "string" and ("%q"):format(preset) or preset, hint)
  end

  return known
end

-- label is how the log calls a preset.
local function label(preset, known)
  local found = known and known.find(preset)
  if not found then return "preset " .. tostring(preset) end
  return found.name == "" and "preset " .. found.id or ("preset %d (%s)"):format(found.id, found.name)
end

return setmetatable({label = label}, {__call = function(_, ch) return presetsOf(ch) end})
