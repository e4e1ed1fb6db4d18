-- hik.tour: a patrol from preset to preset, round after round.
--
--   local tour = require "hik.tour"
--   hik.at("22:00", {name = "night tour"}, function()
--     tour.run(yard, {
--       {preset = "door",  dwell = "20s", snapshot = true},
--       {preset = "fence", dwell = "10s"},
--     }, {till = "06:00"})
--   end)
--
-- A stop is {preset =, dwell =, snapshot =}:
--   preset   number or name
--   dwell    how long to stay there once the head has arrived ("10s")
--   snapshot true: save a picture; a string: its file name below data/, with
--            the words {device} {channel} {date} {time} {preset}; a function:
--            it gets the snapshot and the stop
--
-- Options:
--   till     when to end, as for hik.at: "06:00", "sunrise", a date and time
--   rounds   how many rounds; without it and without till it goes on until the
--            task is ended
--   dwell    for stops that have none of their own
--   home     the preset to go to at the end
--   yield    how long the head must have rested after somebody moved it by hand
--            before the tour goes on ("30s"); false: go on regardless. It needs
--            a head that tells its position, and is left out on others
--   on_error function(err, stop), in the place of a line in the log. A stop that
--            fails is passed over after its dwell; wrong use and a refused
--            login end the tour with the error
--
-- The result is {rounds =, stops =, snapshots =, errors =, yielded =}: how many.
local hik = require "hik"
local filename = require "hik.filename"
local options = require "hik.options"
local seconds = require "hik.seconds"

local tour = {}

local DEFAULT_FILE = "tours/{device}-{channel}/{date}/{time}-{preset}.jpg"

-- A head that is further off than this was moved by somebody: degrees, and
-- zoom factor.
local DRIFT, ZOOM_DRIFT = 1, 0.5

-- Seconds between two looks at the position.
local LOOK = 2

-- Errors that no later try can mend.
local FATAL = {misuse = true, unauthorized = true, cancelled = true}

-- deadline is when till comes next: a job knows. It never runs.
local deadlines = 0
local function deadline(till)
  deadlines = deadlines + 1
  local job = hik.at(till, {name = ("tour till %s (%d)"):format(till, deadlines)}, function() end)
  local time = job:next()
  job:stop()
  if not time then
    error(("tour.run: %q does not come any more"):format(till), 3)
  end
  return time
end

-- position is nil on a head that does not tell it.
local function position(ch)
  local ok, pose = pcall(ch.ptz_status, ch)
  if ok then return pose end
  if type(pose) == "table" and pose.kind == "unsupported" then return nil end
  error(pose, 0)
end

local function moved(a, b)
  local function off(axis) return math.abs((a[axis] or 0) - (b[axis] or 0)) end
  local pan = off("pan") % 360
  return math.min(pan, 360 - pan) > DRIFT or off("tilt") > DRIFT or off("zoom") > ZOOM_DRIFT
end

-- rest waits until nobody has moved the head for so many seconds.
local function rest(ch, pause, pose, over)
  hik.log.info(("%s: somebody moves the head, the tour waits"):format(tostring(ch)))
  local since = hik.now()
  while hik.now() - since < pause and not over() do
    hik.sleep(LOOK)
    local now = position(ch)
    if not now then break end
    if moved(pose, now) then
      pose, since = now, hik.now()
    end
  end
  hik.log.info(("%s: the tour goes on"):format(tostring(ch)))
end

local function keep(ch, stop)
  local snapshot = ch:snapshot()
  if type(stop.snapshot) == "function" then
    stop.snapshot(snapshot, stop)
  else
    local template = stop.snapshot == true and DEFAULT_FILE or stop.snapshot
    snapshot:save(filename(template, ch, {preset = stop.preset}, snapshot.time))
  end
end

local function checked(stops)
  if type(stops) ~= "table" or #stops == 0 then
    error("tour.run: the stops must be a list such as {{preset = 1, dwell = \"20s\"}}", 3)
  end
  for i, stop in ipairs(stops) do
    options(("tour.run, stop %d"):format(i), stop, {preset = options.none, dwell = options.none, snapshot = options.none}, 1)
    if not stop.preset then
      error(("tour.run: stop %d has no preset"):format(i), 3)
    end
    if not pcall(seconds, stop.dwell or 0) then
      error(("tour.run: stop %d: dwell %q is not a duration (such as 90s, 1m30s)"):format(i, tostring(stop.dwell)), 3)
    end
  end
end

function tour.run(ch, stops, o)
  o = options("tour.run", o, {
    till = options.none, rounds = options.none, dwell = "10s", home = options.none,
    yield = "30s", on_error = options.none,
  })
  checked(stops)
  local pause = o.yield and seconds(o.yield)
  local ends = o.till and deadline(o.till)
  local count = {rounds = 0, stops = 0, snapshots = 0, errors = 0, yielded = 0}

  local function over() return ends ~= nil and hik.now() >= ends end

  -- stay waits at a stop, and makes way for whoever takes the head.
  local function stay(dwell, pose)
    local leave = hik.now() + dwell
    if ends then leave = math.min(leave, ends) end
    while hik.now() < leave do
      local left = leave - hik.now()
      hik.sleep(pose and math.min(LOOK, left) or left)
      local now = pose and position(ch)
      if now and moved(pose, now) then
        count.yielded = count.yielded + 1
        rest(ch, pause, now, over)
        return
      end
    end
  end

  local function visit(stop, dwell)
    ch:preset(stop.preset, {wait = true})
    local pose = pause and position(ch)
    if stop.snapshot and not over() then
      keep(ch, stop)
      count.snapshots = count.snapshots + 1
    end
    stay(dwell, pose)
  end

  while not over() and (not o.rounds or count.rounds < o.rounds) do
    for _, stop in ipairs(stops) do
      if over() then break end
      local dwell, began = seconds(stop.dwell or o.dwell), hik.now()
      local ok, err = pcall(visit, stop, dwell)
      count.stops = count.stops + 1
      if not ok then
        if type(err) ~= "table" or FATAL[err.kind] then error(err, 0) end
        count.errors = count.errors + 1
        if o.on_error then
          o.on_error(err, stop)
        else
          hik.log.warn(("tour of %s: stop %s failed"):format(tostring(ch), tostring(stop.preset)), {error = tostring(err)})
        end
        -- A device that is off fails at once: no faster than it would tour.
        stay(math.max(began + dwell - hik.now(), 1))
      end
    end
    count.rounds = count.rounds + 1
  end
  if o.home then
    ch:preset(o.home)
  end
  return count
end

return tour
