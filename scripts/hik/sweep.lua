-- hik.sweep: visits presets in order and takes a picture at each.
--
--   local sweep = require "hik.sweep"
--   hik.cron("0 * * * *", {name = "sweep"}, function()
--     for _, stop in ipairs(sweep.run(yard, {1, 2, "door"}, {save = true})) do
--       print(stop.preset, stop.path or stop.error)
--     end
--   end)
--
-- The result is a list of {preset, snapshot, path, error}, one for each preset
-- in their order. A preset that fails is logged and does not end the sweep; if
-- all of them fail, the first error is raised. The head is the sweep's alone
-- meanwhile: other tasks that want to move it wait. It goes home also when the
-- sweep is cancelled or its job runs into a timeout.
local hik = require "hik"
local failures = require "hik.failures"
local filename = require "hik.filename"
local options = require "hik.options"

local sweep = {}

-- told has what fails from sweep to sweep, by the sweep's name.
local told = {}

local DEFAULT_FILE = "sweeps/{device}-{channel}/{date}/{time}-{preset}.jpg"

local function visit(ch, preset, o)
  ch:preset(preset, {wait = true})
  hik.sleep(o.settle)
  local stop = {preset = preset, snapshot = ch:snapshot(o.snapshot)}
  if o.save then
    local template = o.save == true and DEFAULT_FILE or o.save
    stop.path = stop.snapshot:save(filename(template, ch, {preset = preset}, stop.snapshot.time))
  end
  return stop
end

---@class (exact) hik.SweepOptions
---@field settle? hik.Duration how long to wait after the head has arrived, for focus and exposure
---@field save? boolean|string true, or a file name below data/ with the words {device} {channel} {date} {time} {preset}
---@field home? integer|string the preset to go to afterwards
---@field snapshot? hik.SnapshotOptions options for ch:snapshot, such as {stream = "sub"}
---@field [string] hik.UnknownOption
---@class (exact) hik.SweepItem
---@field preset integer|string
---@field snapshot hik.Snapshot?
---@field path string?
---@field error hik.Error?
---@param ch hik.Channel
---@param presets (integer|string)[]
---@param o? hik.SweepOptions
---@return hik.SweepItem[]
function sweep.run(ch, presets, o)
  o, ch = options.library("hik.sweep", "run", ch, presets, o)
  local name = "sweep of " .. tostring(ch)
  local _, line = pcall(error, "", 3)
  told[name] = told[name] or failures {line = line:match("^(.-): *$")}
  local log = told[name]

  local function all()
    local results, failed = {}, 0
    for i, preset in ipairs(presets) do
      local what = ("%s: preset %s"):format(name, tostring(preset))
      local ok, stop = pcall(visit, ch, preset, o)
      if ok then
        log.worked(what)
      else
        failed = failed + 1
        log.failed(what, "not taken", stop)
        stop = {preset = preset, error = stop}
      end
      results[i] = stop
    end
    if failed == #presets then
      error(results[1].error, 0)
    end
    return results
  end

  local function home()
    if not o.home then return end
    local ok, err = pcall(ch.preset, ch, o.home)
    if ok then
      log.worked(name .. ": home")
    else
      log.failed(name .. ": home", "not reached", err)
    end
  end

  return ch:exclusive(function() return hik.finally(all, home) end)
end

return sweep
