-- hik.options: refuses options that a function does not have, as the functions
-- of hik do. For modules of your own.
--
--   local options = require "hik.options"
--   local function visit(ch, o)
--     o = options("visit", o, {dwell = "10s", snapshot = false, on_error = options.none})
--     ...
--
-- The third argument has the options and their defaults; options.none is the
-- default of one that has none. The result is a table of its own. The error
-- names the line that called visit; a fourth argument of 1 that of its caller.
--
-- options.library("hik.tour", "run", ...) does the same for the arguments of a
-- function that hik.library describes, and looks at their values too. It returns
-- the channel as well: a device is taken for its only one.
local hik = require "hik"
local library = require "hik.library"
local nearest = require "hik.nearest"
local seconds = require "hik.seconds"

local none = setmetatable({}, {__tostring = function() return "none" end})

-- unknown stands for a value that "hiklua check" does not know: it fits.
local unknown = {}

local function shown(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) == "number" or type(value) == "boolean" then return tostring(value) end
  if type(value) == "userdata" then return hik.inspect(value) end
  return value == nil and "nothing" or "a " .. type(value)
end

local function joined(words)
  return "{" .. table.concat(words, "}, {") .. "}"
end

local function unknownOption(key, names)
  table.sort(names)
  local hint = nearest.hint(key, names)
  if hint == "" then hint = "; there are " .. table.concat(names, ", ") end
  return ("unknown option %q%s"):format(tostring(key), hint)
end

local function check(name, given, defaults, further)
  local level = 3 + (further or 0) -- the call through the metatable is a tail call
  if given ~= nil and type(given) ~= "table" then
    error(("%s: options come in a table, not as a %s"):format(name, type(given)), level)
  end
  local result = {}
  for key, value in pairs(defaults) do
    if value ~= none then result[key] = value end
  end
  for key, value in pairs(given or {}) do
    if defaults[key] == nil then
      local names = {}
      for word in pairs(defaults) do names[#names + 1] = word end
      error(name .. ": " .. unknownOption(key, names), level)
    end
    result[key] = value
  end
  return result
end

-- asks calls a function of hik, which refuses what is wrong in its own words.
local function asks(fn, ...)
  local ok, result = pcall(fn, ...)
  if not ok then
    if type(result) ~= "table" then return tostring(result) end
    return result.kind == "misuse" and (result.message:gsub("^[%w_]+: ", "")) or nil
  elseif type(result) == "userdata" then
    result:stop() -- a job that was to be tried only
  end
end

local function job(option)
  return function(value)
    return asks(hik.every, "1d", {name = "hik.options", [option] = value}, function() end)
  end
end

local function is(kind)
  return function(value) return type(value) ~= kind and "no " .. kind or nil end
end

local function has(object, name)
  return (pcall(function() return object[name] end))
end

-- channelOf is the channel that a value is, or that a device has alone; else nil
-- and what is wrong.
local function channelOf(value)
  if type(value) == "userdata" then
    if has(value, "device") and has(value, "preset") then return value end
    if has(value, "channel") and has(value, "preset") then
      local ok, only = pcall(value.channel, value)
      if ok then return only end
      return nil, "a device: " .. tostring(type(only) == "table" and only.message or only):gsub("^channel: ", "")
    end
  end
  return nil, "no channel, such as hik.device(\"gate\"):channel(\"yard\")"
end

local function whole(from, to)
  return function(value)
    local n = tonumber(value)
    return not (n and n >= from and n <= to and n == math.floor(n)) and ("no whole number from %d to %d"):format(from, to) or nil
  end
end

local fits

-- kinds tell what is wrong with a value of an option; nil: it is right. The second
-- result is true where the value is of the kind, and wrong in itself.
local kinds = {
  ["function"] = is "function", boolean = is "boolean",
  ["false"] = function(value) return value ~= false and "not false" or nil end,
  channel = function(value) return (select(2, channelOf(value))) end,
  count = function(value)
    local n = tonumber(value)
    return not (n and n >= 1 and n == math.floor(n)) and "no whole number from 1 on" or nil
  end,
  duration = function(value)
    if type(value) ~= "number" and type(value) ~= "string" or not pcall(seconds, value) or seconds(value) < 0 then
      return "no duration (such as 90s, 1m30s, 2d)"
    end
  end,
  preset = function(value)
    local n = tonumber(value)
    if n and (n < 1 or n ~= math.floor(n)) or not n and (type(value) ~= "string" or value == "") then
      return "no preset, which is a number from 1 on or a name"
    end
  end,
  order = function(value) return value ~= "listed" and value ~= "random" and "neither \"listed\" nor \"random\"" or nil end,
  text = function(value) return (type(value) ~= "string" or value == "") and "no text" or nil end,
  file = function(value, option)
    if type(value) ~= "string" or value == "" then return "no file name" end
    for word in value:gmatch("{([%w_]+)}") do
      local near = nearest(word, option.words)
      if near ~= word then
        return ("there is no {%s}%s"):format(word, near and (" (did you mean {%s}?)"):format(near) or "; there are " .. joined(option.words)), true
      end
    end
    local plain = value:gsub("{[%w_]+}", "x")
    if plain:find("[{}]") then return ("a brace in %q holds no word; there are %s"):format(value, joined(option.words)), true end
    local problem = asks(hik.file.exists, plain)
    return problem, problem ~= nil
  end,
  stream = function(value) return value ~= "main" and value ~= "sub" and "neither \"main\" nor \"sub\"" or nil end,
  pixels = whole(1, 16384), percent = whole(1, 100),
  picture = function(value, option)
    if type(value) ~= "table" then return "no table such as {stream = \"sub\"}" end
    local problem = fits(value, option.options)
    if not problem and (value.width == nil) ~= (value.height == nil) then problem = "width and height go together" end
    return problem, problem ~= nil
  end,
  moment = function(value)
    local noted = hik.resume()
    local problem = asks(hik.resume, value)
    if noted then hik.resume(noted) end -- what the run has asked for itself
    return problem
  end,
  between = job "between", days = job "days", timezone = job "timezone",
  events = function(value, _, ch)
    for _, word in ipairs(type(value) == "table" and value or {value}) do
      if type(word) ~= "string" then return "no event, such as \"motion\", nor a list of events" end
      local problem = type(ch) == "userdata" and asks(ch.on, ch, word, {name = "hik.options"}, function() end)
      if problem then return problem end
    end
  end,
}

-- wrong tells what is wrong with the value of an option, whose kind is such as
-- "duration|false"; inside: in itself, not of another kind.
local function wrong(option, value, ch)
  local problem, inside
  for one in option.kind:gmatch("[^|]+") do
    local trouble, within = kinds[one](value, option, ch)
    if not trouble then return nil end
    if within or not problem then problem, inside = trouble, within end
  end
  return problem, inside
end

-- fits tells what is wrong with a table of options.
function fits(given, known, ch)
  local names, byName = {}, {}
  for _, option in ipairs(known) do
    names[#names + 1], byName[option.name] = option.name, option
  end
  local keys = {}
  for key in pairs(given) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do
    local option, value = byName[key], given[key]
    if not option then return unknownOption(key, names) end
    local problem, inside
    if value ~= unknown then problem, inside = wrong(option, value, ch) end
    if problem and (inside or problem:find(shown(value), 1, true) == 1) then return key .. ": " .. problem end -- it shows the value
    if problem then return ("%s = %s: %s"):format(key, shown(value), problem) end
  end
  for _, option in ipairs(known) do
    if option.needed and given[option.name] == nil then return option.name .. " is missing" end
  end
end

-- lists are arguments that are lists.
local lists = {
  presets = function(list)
    for i, preset in ipairs(list) do
      local problem = preset ~= unknown and kinds.preset(preset)
      if problem then return (", preset %d: %s is %s"):format(i, shown(preset), problem) end
    end
  end,
  stops = function(list, described, ch)
    for i, stop in ipairs(list) do
      if stop ~= unknown then
        if type(stop) ~= "table" then return (", stop %d: it is a table such as {preset = 1, dwell = \"20s\"}, not %s"):format(i, shown(stop)) end
        local problem = fits(stop, described.stops, ch)
        if problem then return (", stop %d: %s"):format(i, problem) end
      end
    end
  end,
}
local examples = {presets = "numbers or names, such as {1, 2, \"door\"}", stops = "tables, such as {{preset = 1, dwell = \"20s\"}}"}

-- faultOf tells what is wrong with the arguments of a function of the library; nil:
-- nothing is.
local function faultOf(module, name, ...)
  local described, given = library[module][name], {...}
  local ch
  for i, arg in ipairs(described.args) do
    local what, kind = arg[1], arg[2]
    local value = given[i]
    if kind == "channel" then ch = value ~= unknown and channelOf(value) or value end
    local known = value ~= unknown
    if known and kind == "options" then
      if value ~= nil and type(value) ~= "table" then return (": options come in a table, not as %s"):format(shown(value)) end
      local problem = fits(value or {}, described.options, ch)
      if problem then return ": " .. problem end
    elseif known and lists[kind] then
      if type(value) ~= "table" or next(value) == nil or value[1] == nil then
        return (": the %s must be a list of %s, not %s"):format(what, examples[kind], shown(value))
      end
      local problem = lists[kind](value, described, ch)
      if problem then return problem end
    elseif known then
      local problem = wrong({kind = kind}, value)
      if problem then return (": the %s comes %s: %s is %s"):format(what, ({"first", "second", "third"})[i], shown(value), problem) end
    end
  end
  if select("#", ...) > #described.args then
    return (": too many arguments: it takes %d"):format(#described.args)
  end
end

-- called is a function as scripts write it: "tour.run", "retry".
local function called(module, name)
  local short = module:gsub("^hik%.", "")
  return name == "" and short or short .. "." .. name
end

-- ofLibrary checks the arguments of a function of the library, and returns its
-- options with their defaults, and its channel. The error names the line that
-- called it.
local function ofLibrary(module, name, ...)
  local fault = faultOf(module, name, ...)
  if fault then error(called(module, name) .. fault, 3) end
  local described, result = library[module][name], {}
  for _, option in ipairs(described.options) do result[option.name] = option.default end
  for key, value in pairs((select(#described.args, ...)) or {}) do result[key] = value end
  return result, described.args[1][2] == "channel" and channelOf((...)) or nil
end

return setmetatable({none = none, library = ofLibrary, fault = faultOf, unknown = unknown}, {
  __call = function(_, ...) return check(...) end,
})
