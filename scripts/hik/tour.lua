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
-- the error. In a run of a job by time it goes on at its stop after a save, a
-- restart or a crash.
local hik = require "hik"
local alarms = require "hik.alarms"
local duty = require "hik.duty"
local failures = require "hik.failures"
local fatal = require "hik.fatal"
local filename = require "hik.filename"
local homing = require "hik.homing"
local options = require "hik.options"
local place = require "hik.place"
local pose = require "hik.pose"
local presetlist = require "hik.presetlist"
local seconds = require "hik.seconds"
local shuffle = require "hik.shuffle"

local tour = {}

local DEFAULT_FILE = "tours/{device}-{channel}/{date}/{time}-{preset}.jpg"

-- Home is gone to so many seconds after the end, if the host was down then.
local LATE = 3600

local function keep(ch, stop)
  local snapshot = ch:snapshot()
  if type(stop.snapshot) == "function" then
    stop.snapshot(snapshot, stop)
  else
    local template = stop.snapshot == true and DEFAULT_FILE or stop.snapshot
    snapshot:save(filename(template, ch, {preset = stop.preset}, snapshot.time))
  end
end

-- stopOf finds the stop where the tour was cut off, also if others were added since.
local function stopOf(was, stops)
  local same = stops[was.stop]
  if same and same.preset == was.preset then return was.stop end
  for i, stop in ipairs(stops) do
    if stop.preset == was.preset then return i end
  end
end

---@class (exact) hik.TourStop
---@field preset integer|string number or name
---@field dwell? hik.Duration how long to stay there once the head has arrived
---@field snapshot? boolean|string|function true: save a picture; a string: its file name below data/, with the words {device} {channel} {date} {time} {preset}; a function: it gets the snapshot and the stop
---@field [string] hik.UnknownOption
---@class (exact) hik.TourOptions
---@field till? string|number when to end, as for hik.at: "06:00", "sunrise", a date and time; it counts from when the run was due
---@field rounds? integer how many rounds; without it and without till the tour goes on until its task is ended
---@field dwell? hik.Duration for stops that have none of their own
---@field order? "listed"|"random" "listed", or "random": each round has its own, with each stop once and never the same twice in a row
---@field moves_per_hour? integer how often the head may be sent to a preset in any hour, to spare its motors: when that is used up the tour waits where it is and says so once. It counts over a save and a restart
---@field home? integer|string the preset to go to at the end, whatever ends the tour but a save and the end of the host, after which it goes on
---@field yield? hik.Duration|false how long the head must have rested after somebody moved it by hand before the tour goes on; false: go on regardless. It needs a head that tells its position, and is left out on others
---@field hold_on? hik.EventWord|hik.EventWord[] an event or a list of them, such as "motion": while one of the channel goes on, the head stays at its stop
---@field hold_for? hik.Duration how long it stays there after such an event has ended
---@field on_error? function function(err, stop), in the place of lines in the log
---@field [string] hik.UnknownOption
---@class (exact) hik.TourResult
---@field rounds integer
---@field stops integer
---@field snapshots integer
---@field errors integer
---@field yielded integer
---@param ch hik.Channel
---@param stops hik.TourStop[]
---@param o? hik.TourOptions
---@return hik.TourResult
function tour.run(ch, stops, o)
  o, ch = options.library("hik.tour", "run", ch, stops, o)
  local name = tostring(ch)
  local pause = o.yield and seconds(o.yield)
  local mine = place("hik.tour " .. name, o.till, o.home and LATE)
  local ends, was = mine.ends, mine.was
  if o.till and not ends then
    error(("tour.run: %q does not come any more"):format(o.till), 2)
  end
  local count = {rounds = 0, stops = 0, snapshots = 0, errors = 0, yielded = 0}
  for word in pairs(was and count or {}) do count[word] = was[word] or 0 end
  if was and was.left then return count end

  local _, line = pcall(error, "", 3)
  local told = failures {line = line:match("^(.-): *$")}
  local events = o.hold_on and alarms(ch, o.hold_on, seconds(o.hold_for), was and was.held)
  local moves = o.moves_per_hour and duty(ch, tonumber(o.moves_per_hour))
  local spent = was and was.spent -- that moves are used up is told once

  local function over() return ends ~= nil and hik.now() >= ends end

  local function note(changes)
    for word, n in pairs(count) do changes[word] = n end
    local err = mine.note(changes)
    if err then
      told.failed("place of the tour", "not kept", err)
    else
      told.worked("place of the tour")
    end
  end

  -- makeWay waits while somebody moves the head, and tells where it looks then.
  local function makeWay(here)
    count.yielded = count.yielded + 1
    note {away = true}
    hik.log.info(name .. ": somebody moves the head, the tour waits")
    here = pose.rest(ch, pause, here, over)
    hik.log.info(name .. ": the tour goes on")
    note {away = false}
    return here
  end

  -- stay waits at a stop, as long as an event holds it, and makes way for those who
  -- take the head. It tells where the head looks then.
  local function stay(dwell, here)
    local leave, holds = hik.now() + dwell, false
    while not over() do
      local held, now = events and events.held() or false, hik.now()
      if held ~= holds then
        holds = held
        if held then hik.log.info(name .. ": the tour stays where it is") end
        note {held = held and events.on() or false}
      end
      if not held and now >= leave then break end
      local left = (ends and math.min(leave, ends) or leave) - now
      if events or here then left = left > 0 and math.min(pose.LOOK, left) or pose.LOOK end
      hik.sleep(left)
      local found = here and pose.of(ch)
      if found and pose.differs(here, found) then
        here, leave = makeWay(found), hik.now()
      end
    end
    return here
  end

  -- afford stays until the motors may run once more, and tells where the head looks then.
  local function afford(here)
    local left = moves and moves.wait() or 0
    while left > 0 and not over() do
      if not spent then
        spent = true
        hik.log.warn(("%s: %d moves in an hour, as many as moves_per_hour allows: the tour waits until %s"):format(
          name, tonumber(o.moves_per_hour), hik.date("%H:%M:%S", hik.now() + left)))
        note {spent = true}
      end
      here = stay(left, here)
      left = moves.wait()
    end
    return here
  end

  -- go turns the head to a stop. It tells where the head looks then, and whether that
  -- is the stop: somebody may have taken the head on its way.
  local seen = {}
  local function go(stop)
    local ok, err = pcall(ch.preset, ch, stop.preset, {wait = true})
    local moving = not ok and type(err) == "table" and err.kind == "timeout"
    if moves and (ok or moving) then moves.made() end
    local taken = moving and pause and pose.moves(ch)
    if not ok and not taken then error(err, 0) end
    local here = taken or pause and pose.of(ch) or nil
    taken = taken or here and seen[stop] and pose.differs(seen[stop], here)
    seen[stop] = not taken and here or nil
    if taken then return makeWay(here), false end
    return here, true
  end

  -- what and how tell which step of a visit fails.
  local what, how
  local function visit(stop, dwell, label)
    what, how = label, "not reached"
    local here, reached = go(stop)
    if not reached then return here end
    told.worked(what)
    if stop.snapshot and not over() then
      what, how = "picture at " .. label, "not kept"
      keep(ch, stop)
      count.snapshots = count.snapshots + 1
      told.worked(what)
    end
    return stay(dwell, here)
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

  -- look finds the presets that are missing, and tells each once.
  local known, absent, homeless = nil, {}, false
  local function look()
    known = presetlist(ch)
    if not known then return end
    local found = 0
    for _, stop in ipairs(stops) do
      local gone = not known.find(stop.preset)
      if not gone then
        found = found + 1
      elseif not absent[stop] then
        what, how = "preset " .. tostring(stop.preset), "is passed over"
        passOver({kind = "misuse", message = known.missing(stop.preset)}, stop)
      end
      absent[stop] = gone or nil
    end
    if found == 0 then
      error(("tour.run: none of the presets is there: %s"):format(known.missing(stops[1].preset)), 0)
    end
    if o.home and not homeless and not known.find(o.home) then
      homeless = true
      told.failed("the preset for home", "is missing", {kind = "misuse", message = known.missing(o.home)})
    end
  end

  -- roundOf lists the stops of a round, in random order if that is asked for. The one
  -- where the head is comes first only if there is no other.
  local function roundOf(last)
    local round, byPreset, presets = {}, {}, {}
    for i, stop in ipairs(stops) do
      local preset = known and known.find(stop.preset)
      preset = preset and preset.id or stop.preset
      if not absent[stop] then
        round[#round + 1], presets[#presets + 1] = i, preset
        byPreset[preset] = byPreset[preset] or {}
        table.insert(byPreset[preset], i)
        if i == last then last = preset end
      end
    end
    if o.order ~= "random" then return round end
    for i, preset in ipairs(shuffle(presets, last)) do round[i] = table.remove(byPreset[preset], 1) end
    return round
  end

  -- resumed is the round that was cut off, from its stop on.
  local function resumed(first)
    local round = o.order == "random" and was.of == #stops and was.round or roundOf()
    for i, stop in ipairs(round) do
      if stop == first then return {unpack(round, i)} end
    end
    return roundOf()
  end

  local function rounds()
    local here, last, round
    local first = was and stopOf(was, stops)
    if first and not over() then
      hik.log.info(("%s: the tour goes on at %s"):format(name, presetlist.label(stops[first].preset)))
      here = was.away and pause and pose.of(ch)
      here = here and makeWay(here)
    end
    while not over() and (not o.rounds or count.rounds < tonumber(o.rounds)) do
      if not known or next(absent) then look() end
      round, first = first and resumed(first) or roundOf(last), nil
      for _, i in ipairs(round) do
        local stop = stops[i]
        if over() then break end
        if not absent[stop] then
          note {stop = i, preset = stop.preset, round = o.order == "random" and round or nil, of = #stops}
          here = afford(here)
          if over() then break end
          local dwell, began = seconds(stop.dwell or o.dwell), hik.now()
          local reached, result = pcall(visit, stop, dwell, presetlist.label(stop.preset, known))
          count.stops, last = count.stops + 1, i
          if reached then
            here = result
          else
            if fatal(result) then error(result, 0) end
            passOver(result, stop)
            -- A device that answers at once that it will not is not to be asked
            -- without a pause.
            local left = began + math.max(dwell, 1) - hik.now()
            if ends then left = math.min(left, ends - hik.now()) end
            if left > 0 then hik.sleep(left) end
          end
        end
      end
      count.rounds = count.rounds + 1
    end
  end

  hik.finally(function()
    if not (was and was.finished) then rounds() end
  end, function()
    if events then events.close() end
    if o.home then
      note {finished = true}
      if moves then moves.made() end
      homing(ch, o.home, told)
    end
    mine.leave()
    told.close()
  end)
  return count
end

return tour
