-- hik.timelapse: a picture at regular times, saved under its date.
--
--   local timelapse = require "hik.timelapse"
--   timelapse.start(yard, "10m", {between = "06:00-20:00", days = "mon-fri"})
--
-- The first argument is a channel, the second how long to wait from picture to
-- picture. Options:
--   file     the file name below data/, with the words {device} {channel}
--            {date} {time} ("timelapse/{device}-{channel}/{date}/{time}.jpg")
--   name     of the job ("timelapse DEVICE/CHANNEL")
--   between, days, timezone
--            as for hik.every: only at these times
--   preset   the preset to go to before each picture
--   snapshot a table of options for ch:snapshot, such as {stream = "sub"}
--   tries    how often a picture is tried, seconds apart, before it is given up
--            with an error in the log (3)
--
-- The result is the job: job:stop() ends it.
local hik = require "hik"
local filename = require "hik.filename"
local options = require "hik.options"
local retry = require "hik.retry"

local timelapse = {}

function timelapse.start(ch, interval, o)
  o = options("timelapse.start", o, {
    file = "timelapse/{device}-{channel}/{date}/{time}.jpg",
    name = "timelapse " .. tostring(ch),
    between = options.none, days = options.none, timezone = options.none,
    preset = options.none, snapshot = options.none, tries = 3,
  })
  local job = {name = o.name, between = o.between, days = o.days, timezone = o.timezone}
  return hik.every(interval, job, function()
    local snapshot = retry(function()
      if o.preset then
        ch:preset(o.preset, {wait = true})
      end
      return ch:snapshot(o.snapshot)
    end, {times = o.tries, pause = 2})
    snapshot:save(filename(o.file, ch, nil, snapshot.time))
  end)
end

return timelapse
