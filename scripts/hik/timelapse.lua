-- hik.timelapse: a picture at regular times, in the site's archive.
--
--   local timelapse = require "hik.timelapse"
--   timelapse.start(yard, "10m", {between = "06:00-20:00", days = "mon-fri"})
--
-- The first argument is a channel, the second how long to wait from picture to
-- picture.
--
-- The pictures go where archive.layout of site.yaml says. A time lapse that needs
-- no script is an entry of archive.schedules there.
--
-- The result is the job: job:stop() ends it.
local hik = require "hik"
local filename = require "hik.filename"
local options = require "hik.options"
local retry = require "hik.retry"

local timelapse = {}

---@class (exact) hik.TimelapseOptions
---@field label? string of the pictures in the archive, as for snapshot:archive
---@field file? string in the place of the archive: a file name below data/ with the words {device} {channel} {date} {time}
---@field name? string of the job; "timelapse DEVICE/CHANNEL" without it
---@field between? string at these times only, as for hik.every
---@field days? string on these days only, as for hik.every
---@field timezone? string IANA name, if not the site's
---@field preset? integer|string the preset to go to before each picture
---@field snapshot? hik.SnapshotOptions options for ch:snapshot, such as {stream = "sub"}
---@field tries? integer how often a picture is tried, seconds apart, before it is given up with an error in the log
---@field [string] hik.UnknownOption
---@param ch hik.Channel
---@param interval hik.Duration
---@param o? hik.TimelapseOptions
---@return hik.Job
function timelapse.start(ch, interval, o)
  o, ch = options.library("hik.timelapse", "start", ch, interval, o)
  local job = {name = o.name or "timelapse " .. tostring(ch), between = o.between, days = o.days, timezone = o.timezone}
  return hik.every(interval, job, function()
    local snapshot = retry(function()
      if o.preset then
        ch:preset(o.preset, {wait = true})
      end
      return ch:snapshot(o.snapshot)
    end, {times = o.tries, pause = 2})
    if o.file then
      snapshot:save(filename(o.file, ch, nil, snapshot.time))
    else
      snapshot:archive{label = o.label}
    end
  end)
end

return timelapse
