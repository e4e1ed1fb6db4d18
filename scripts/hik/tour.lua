-- hik.tour: a patrol from preset to preset, round after round.
--
--   local tour = require "hik.tour"
--   hik.at("22:00", {name = "night tour"}, function()
--     tour.run(yard, {
--       {preset = "door",  dwell = "20s", snapshot = true},
--       {preset = "fence", dwell = "10s"},
--     }, {till = "06:00", hold_on = "motion", home = 1})
--   end)
--
-- A stop that fails is passed over after its dwell; a preset that is missing is
-- told at the start of the tour. Wrong use and a refused login end the tour with
-- the error. In a run of a job a tour with till goes on at its stop after a
-- save, a restart or a crash.
local hik = require "hik"
local failures = require "hik.failures"
local filename = require "hik.filename"
local nearest = require "hik.nearest"
local options = require "hik.options"
local seconds = require "hik.seconds"

local tour = {}

local DEFAULT_FILE = "tours/{device}-{channel}/{date}/{time}-{preset}.jpg"

-- A head that is further off than this was moved by somebody: degrees, and
-- zoom factor.
local DRIFT, ZOOM_DRIFT = 1, 0.5

-- Seconds between two looks at the position and at events.
local LOOK = 2

-- Seconds from try to try to go home, and how many tries.
local HOME_PAUSE, HOME_TRIES = 10, 30

-- A tour that is in no run of a job is known again for so many seconds.
local FRESH = 3600

-- fatal tells the errors that no later try can mend. One of kind cancelled is a
-- move that a stop of the head has overtaken; the end of the task is raised
-- again by the next wait.
local function fatal(err)
  if type(err) == "table" and err.kind == "cancelled" then hik.sleep(0) end
  return type(err) ~= "table" or err.kind == "unauthorized"
end

-- position is nil where the head does not tell it, or not now: then nobody is
-- seen to move it.
local function position(ch)
  local ok, pose = pcall(ch.ptz_status, ch)
  if ok then return pose end
  if fatal(pose) then error(pose, 0) end
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

-- presetsOf lists the presets of a head; nil where it can't be asked now, or
-- tells none.
local function presetsOf(ch)
  local ok, list = pcall(ch.presets, ch, {special = true})
  if ok then return #list > 0 and list or nil end
  if fatal(list) then error(list, 0) end
end

local function find(list, preset)
  local number, name = tonumber(preset), tostring(preset):lower():match("^%s*(.-)%s*$")
  for _, p in ipairs(list) do
    if p.id == number or not number and p.name:lower() == name then return p end
  end
end

-- labelOf is how the log calls a stop: "preset 2 (door)".
local function labelOf(list, preset)
  local known = list and find(list, preset)
  if not known then return "preset " .. tostring(preset) end
  return known.name == "" and "preset " .. known.id or ("preset %d (%s)"):format(known.id, known.name)
end

-- missing is what to say of a preset that is not in the list.
local function missing(ch, list, preset)
  local names, shown = {}, {}
  for _, p in ipairs(list) do
    if p.name ~= "" then names[#names + 1] = p.name end
    if not p.special and #shown < 12 then shown[#shown + 1] = p.name ~= "" and p.name or tostring(p.id) end
  end
  local hint = tonumber(preset) and "" or nearest.hint(preset, names)
  if hint == "" then hint = "; it has " .. table.concat(shown, ", ") end
  return ("%s has no preset %s%s"):format(tostring(ch), type(preset) == "string" and ("%q"):format(preset) or preset, hint)
end

-- listen notes the events that hold the tour. held tells whether one goes on, or
-- has ended less than so many seconds ago.
local function listen(ch, words, pause)
  local on, ended, jobs = {}, -math.huge, {}
  for _, word in ipairs(type(words) == "table" and words or {words}) do
    jobs[#jobs + 1] = ch:on(word, {name = ("tour of %s: hold on %s"):format(tostring(ch), word), state = "both", overlap = "allow"}, function(ev)
      on[word] = ev.state == "start" or nil
      if ev.state == "stop" then ended = hik.now() end
    end)
  end
  return function() return next(on) ~= nil or hik.now() - ended < pause end, function()
    for _, job in ipairs(jobs) do job:stop() end
  end
end

-- goHome goes home also if the device does not answer for some minutes.
local function goHome(ch, preset, told)
  for try = 1, HOME_TRIES do
    local ok, err = pcall(ch.preset, ch, preset)
    if ok then
      told.worked("home")
      return
    end
    told.failed("home", "not reached", err)
    if fatal(err) or err.kind == "misuse" then return end
    if try < HOME_TRIES then hik.sleep(HOME_PAUSE) end
  end
end

-- resumed is where the tour was cut off, if this is the same one: of the same
-- run of its job, or lately.
local function resumed(key, due, ends, stops)
  local was = hik.state[key]
  if not was then return end
  local same = was.due == due
  if not due then same = same and was.ends == ends and hik.now() - was.at < FRESH end
  if same and was.stop <= stops then return was end
end

---@class hik.TourStop
---@field preset integer|string number or name
---@field dwell? hik.Duration how long to stay there once the head has arrived
---@field snapshot? boolean|string|function true: save a picture; a string: its file name below data/, with the words {device} {channel} {date} {time} {preset}; a function: it gets the snapshot and the stop
---@class hik.TourOptions
---@field till? string|number when to end, as for hik.at: "06:00", "sunrise", a date and time; it counts from when the run was due
---@field rounds? integer how many rounds; without it and without till the tour goes on until its task is ended
---@field dwell? hik.Duration for stops that have none of their own
---@field home? integer|string the preset to go to at the end, whatever ends the tour but a save and the end of the host
---@field yield? hik.Duration|false how long the head must have rested after somebody moved it by hand before the tour goes on; false: go on regardless. It needs a head that tells its position, and is left out on others
---@field hold_on? string|string[] an event or a list of them, such as "motion": while one of the channel goes on, the head stays at its stop
---@field hold_for? hik.Duration how long it stays there after such an event has ended
---@field on_error? function function(err, stop), in the place of lines in the log
---@param ch hik.Channel
---@param stops hik.TourStop[]
---@param o? hik.TourOptions
function tour.run(ch, stops, o)
  o = options.library("hik.tour", "run", ch, stops, o)
  local pause = o.yield and seconds(o.yield)
  local ends, due = hik.resume(o.till)
  if o.till and not ends then
    error(("tour.run: %q does not come any more"):format(o.till), 2)
  end
  local key = "hik.tour " .. tostring(ch)
  local was = resumed(key, due, ends, #stops)
  local count = {rounds = 0, stops = 0, snapshots = 0, errors = 0, yielded = 0}
  for name in pairs(was and count or {}) do count[name] = was[name] end

  local _, place = pcall(error, "", 3)
  local told = failures {line = place:match("^(.-): *$")}
  local held, unlisten = function() return false end, function() end
  if o.hold_on then held, unlisten = listen(ch, o.hold_on, seconds(o.hold_for)) end

  local function over() return ends ~= nil and hik.now() >= ends end

  local function note(i)
    local at = {stop = i, at = hik.now(), ends = ends, due = due}
    for name, n in pairs(count) do at[name] = n end
    -- A disk that does not take it is no reason not to tour.
    local kept, err = pcall(function()
      hik.state[key] = at
      hik.sleep(0)
    end)
    if kept then
      told.worked("place of the tour")
    elseif not fatal(err) then
      told.failed("place of the tour", "not kept", err)
    end
  end

  -- stay waits at a stop, as long as an event holds it, and makes way for
  -- whoever takes the head.
  local function stay(dwell, pose)
    local leave, holds = hik.now() + dwell, false
    while not over() do
      local now = hik.now()
      if held() then
        if not holds then
          holds = true
          hik.log.info(("%s: the tour stays where it is"):format(tostring(ch)))
        end
      elseif now >= leave then
        return
      end
      local left = (ends and math.min(leave, ends) or leave) - now
      if o.hold_on or pose then left = left > 0 and math.min(LOOK, left) or LOOK end
      hik.sleep(left)
      local here = pose and position(ch)
      if here and moved(pose, here) then
        count.yielded = count.yielded + 1
        rest(ch, pause, here, over)
        return
      end
    end
  end

  -- what and how tell which step of a visit fails.
  local what, how
  local function visit(stop, dwell, label)
    what, how = label, "not reached"
    ch:preset(stop.preset, {wait = true})
    told.worked(what)
    local pose = pause and position(ch)
    if stop.snapshot and not over() then
      what, how = "picture at " .. label, "not kept"
      keep(ch, stop)
      count.snapshots = count.snapshots + 1
      told.worked(what)
    end
    stay(dwell, pose)
  end

  -- passOver notes a stop that failed.
  local function passOver(err, stop)
    count.errors = count.errors + 1
    if o.on_error then
      o.on_error(err, stop)
    else
      told.failed(what, how, err)
    end
  end

  -- look finds the stops whose presets are missing, and tells each once.
  local list, absent = nil, {}
  local function look()
    list = presetsOf(ch)
    if not list then return end
    local found = 0
    for _, stop in ipairs(stops) do
      local gone = not find(list, stop.preset)
      if not gone then
        found = found + 1
      elseif not absent[stop] then
        what, how = "preset " .. tostring(stop.preset), "is passed over"
        passOver({kind = "misuse", message = missing(ch, list, stop.preset)}, stop)
      end
      absent[stop] = gone or nil
    end
    if found == 0 then
      error(("tour.run: none of the presets is there: %s"):format(missing(ch, list, stops[1].preset)), 0)
    end
  end

  local function rounds()
    local from = was and was.stop or 1
    if was and not over() then
      hik.log.info(("%s: the tour goes on at %s"):format(tostring(ch), labelOf(nil, stops[from].preset)))
    end
    while not over() and (not o.rounds or count.rounds < tonumber(o.rounds)) do
      if not list or next(absent) then look() end
      for i = from, #stops do
        local stop = stops[i]
        if over() then break end
        if not absent[stop] then
          note(i)
          local label = labelOf(list, stop.preset)
          local dwell, began = seconds(stop.dwell or o.dwell), hik.now()
          local reached, err = pcall(visit, stop, dwell, label)
          count.stops = count.stops + 1
          if not reached then
            if fatal(err) then error(err, 0) end
            passOver(err, stop)
            -- A device that answers at once that it will not is not to be asked
            -- without a pause.
            local left = began + math.max(dwell, 1) - hik.now()
            if ends then left = math.min(left, ends - hik.now()) end
            if left > 0 then hik.sleep(left) end
          end
        end
      end
      from = 1
      count.rounds = count.rounds + 1
    end
  end

  local ok, err = pcall(rounds)
  if not ok then fatal(err) end -- a save or the end of the host ends it here: it goes on
  unlisten()
  hik.state[key] = nil
  if o.home then goHome(ch, o.home, told) end
  told.close()
  if not ok then error(err, 0) end
  return count
end

return tour
