-- hik.sweep: visits presets in order and takes a picture at each.
--
--   local sweep = require "hik.sweep"
--   hik.cron("0 * * * *", {name = "sweep"}, function()
--     for _, stop in ipairs(sweep.run(yard, {1, 2, "door"}, {save = true})) do
--       print(stop.preset, stop.path or stop.error)
--     end
--   end)
--
-- Options:
--   settle   how long to wait after the head has arrived, for focus and
--            exposure ("1s")
--   save     true, or a file name below data/ with the words {device}
--            {channel} {date} {time} {preset}
--   home     the preset to go to afterwards
--   snapshot a table of options for ch:snapshot, such as {stream = "sub"}
--
-- The result is a list of {preset, snapshot, path, error}, one for each preset
-- in their order. A preset that fails is logged and does not end the sweep; if
-- all of them fail, the first error is raised. The head is the sweep's alone
-- meanwhile: other tasks that want to move it wait.
local hik = require "hik"
local filename = require "hik.filename"
local options = require "hik.options"

local sweep = {}

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

function sweep.run(ch, presets, o)
  if type(presets) ~= "table" or #presets == 0 then
    error("sweep.run: the presets must be a list of numbers or names, such as {1, 2, \"door\"}", 2)
  end
  o = options("sweep.run", o, {
    settle = "1s", save = false, home = options.none, snapshot = options.none,
  })
  return ch:exclusive(function()
    local results, failed = {}, 0
    for i, preset in ipairs(presets) do
      local ok, stop = pcall(visit, ch, preset, o)
      if not ok then
        failed = failed + 1
        hik.log.warn(("sweep of %s: preset %s failed"):format(tostring(ch), tostring(preset)), {error = tostring(stop)})
        stop = {preset = preset, error = stop}
      end
      results[i] = stop
    end
    if o.home then
      ch:preset(o.home)
    end
    if failed == #presets then
      error(results[1].error, 0)
    end
    return results
  end)
end

return sweep
