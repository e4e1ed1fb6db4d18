-- Every command in its three forms.
local gate, cam = hik.device("gate"), hik.device("cam")
local yard = gate:channel("yard")

local function forms(name, ch, args, want)
  for _, alias in ipairs(type(name) == "table" and name or {name}) do
    for what, run in pairs{
      ["by name"] = function() return hik[alias]("gate", ch, unpack(args)) end,
      ["by object"] = function() return hik[alias](gate, ch, unpack(args)) end,
      ["channel first"] = function() return hik[alias](yard, unpack(args)) end,
      ["device bound"] = function() return gate[alias](gate, ch, unpack(args)) end,
      ["device bound, channel object"] = function() return gate[alias](gate, yard, unpack(args)) end,
      ["channel bound"] = function() return yard[alias](yard, unpack(args)) end,
      ["channel left out"] = function() return gate[alias](gate, unpack(args)) end,
      ["channel nil"] = function() return hik[alias]("gate", nil, unpack(args)) end,
    } do
      host.commands("gate")
      run()
      equal(host.commands("gate"), {want}, alias .. " " .. what)
    end
  end
end

case("snapshot", function() forms("snapshot", 1, {}, "snapshot ch1 (sub)") end)
case("snapshot with options", function() forms("snapshot", "yard", {{stream = "main"}}, "snapshot ch1") end)
case("ptz_pan_tilt", function() forms("ptz_pan_tilt", 1, {40, -20}, "ptz_pan_tilt ch1 (40 -20 0) head") end)
case("ptz_pan_tilt for a time", function()
  forms("ptz_pan_tilt", "1", {40, -20, {duration = "2s"}}, "ptz_pan_tilt ch1 (40 -20 0) head for 2s")
end)
case("ptz_zoom", function() forms("ptz_zoom", 1, {30, {duration = 1.5, wait = false}}, "ptz_zoom ch1 (0 0 30) head for 1s500ms nowait") end)
case("ptz_move", function() forms("ptz_move", 1, {{pan = 1, tilt = 2, zoom = -3}}, "ptz_move ch1 (1 2 -3) head") end)
case("focus and iris", function()
  forms("focus", 1, {40}, "focus ch1 (40) head")
  forms("iris", 1, {-20, {duration = "2s"}}, "iris ch1 (-20) head for 2s")
  yard:focus(0)
  yard:iris(0)
  equal(host.commands("gate"), {"focus ch1 (0) head", "iris ch1 (0) head"})
  misuse('focus: speed must be a whole number, -100 to 100, not 101', function() yard:focus(101) end)
  misuse('iris: speed is missing; it must be a whole number, -100 to 100', function() yard:iris() end)
end)
case("ptz_stop", function() forms("ptz_stop", 1, {}, "stop ch1") end)
case("a move of nothing is a stop", function() forms("ptz_pan_tilt", 1, {0, 0}, "stop ch1") end)
case("preset", function() forms({"preset", "ptz_preset"}, 1, {3}, "preset ch1 (3) head") end)

case("exclusive", function()
  for _, run in ipairs{
    function(fn) return hik.exclusive("gate", 1, fn) end,
    function(fn) return hik.exclusive("gate", 1, {timeout = "5s"}, fn) end,
    function(fn) return gate:exclusive(fn) end,
    function(fn) return yard:exclusive({timeout = 5}, fn) end,
  } do
    host.commands("gate")
    local a, b = run(function(ch)
      equal(tostring(ch), "gate/yard")
      ch:preset(2)
      return "a", "b"
    end)
    equal({a, b}, {"a", "b"})
    equal(host.commands("gate"), {"take ch1", "preset ch1 (2) head", "give back ch1"})
  end
  local ok, err = pcall(yard.exclusive, yard, function() error("boom", 0) end)
  equal({ok, err}, {false, "boom"})
  equal(host.commands("gate"), {"take ch1", "give back ch1"})
  host.busy("gate", true)
  fails(function() yard:exclusive(function() end) end, {kind = "busy", device = "gate", channel = 1, retryable = true})
  host.busy("gate", false)
end)

case("device's own commands", function()
  for _, run in ipairs{
    function() return hik.info("gate") end, function() return hik.get_device_info(gate) end,
    function() return gate:info() end, function() return gate:get_device_info() end,
  } do
    local info = run()
    equal({info.model, info.name, info.serial, info.firmware, info.mac, info.type},
      {"DS-2DE", "Front", "S1", "V5.8.1 build 240929", "00:11", "IPDome"})
    equal(info.raw:match("^<DeviceInfo"), "<DeviceInfo")
  end
  local list = cam:get_channels()
  equal(#list, 1)
  equal({list[1].id, list[1].name, list[1].enabled, list[1].stream}, {1, "Camera 01", true, 101})
  equal(hik.channels("rec")[2].name, "Roof")
end)

case("a listed channel is a channel", function()
  local list = hik.device("rec"):channels()
  host.commands("rec")
  list[2]:snapshot()
  hik.ptz_stop(list[3])
  hik.device("rec"):preset(list[1], 7)
  equal(host.commands("rec"), {"snapshot ch2", "stop ch3", "preset ch1 (7) head"})
  equal(tostring(list[2]), "rec/2")
  equal(list[2].device.name, "rec")
  equal(list[2].online, nil)
  equal(hik.json.encode(list[1]), '{"enabled":true,"id":1,"name":"Lobby","ptz":false,"stream":101}')
end)

case("what is sent", function()
  host.asked("gate")
  gate:snapshot()
  gate:snapshot(1, {stream = "main", width = 640, height = 360})
  gate:preset(5)
  equal(host.asked("gate"), {
    "GET /ISAPI/Streaming/channels/102/picture",
    "GET /ISAPI/Streaming/channels/101/picture?snapShotImageType=JPEG&videoResolutionHeight=360&videoResolutionWidth=640",
    "PUT /ISAPI/PTZCtrl/channels/1/presets/5/goto",
  })
end)

case("a motion with a duration takes its time", function()
  local from = hik.now()
  yard:ptz_pan_tilt(10, 0, {duration = "1m30s"})
  equal(hik.now() - from, 90)
  yard:ptz_pan_tilt(10, 0, {duration = 60, wait = false})
  equal(hik.now() - from, 90)
end)

case("called with a dot", function()
  misuse('snapshot: call it with a colon: dev:snapshot(...)', function() gate.snapshot(1) end)
  misuse('snapshot: call it with a colon: ch:snapshot(...)', function() yard.snapshot() end)
  misuse('snapshot: call it with a colon: ch:snapshot(...)', function() yard.snapshot(gate) end)
  local snap = gate.snapshot
  equal(snap(gate).size, 2006)
end)

case("wrong arguments", function()
  host.commands("gate")
  misuse('ptz_pan_tilt: pan must be a whole number, -100 to 100, not 200', function() yard:ptz_pan_tilt(200, 0) end)
  misuse('ptz_pan_tilt: tilt must be a whole number, -100 to 100, not 0.5', function() yard:ptz_pan_tilt(0, 0.5) end)
  misuse('ptz_pan_tilt: tilt is missing; it must be a whole number, -100 to 100', function() yard:ptz_pan_tilt(10) end)
  misuse('ptz_pan_tilt: it takes ([channel], pan, tilt, {duration=, wait=})', function() gate:ptz_pan_tilt(10) end)
  misuse('ptz_zoom: zoom must be a whole number, -100 to 100, not "fast"', function() yard:ptz_zoom("fast") end)
  misuse("ptz_zoom: zoom must be a whole number, -100 to 100, not inf", function() yard:ptz_zoom(1/0) end)
  misuse('ptz_move: give at least one of pan=, tilt=, zoom=', function() yard:ptz_move{} end)
  misuse('ptz_move: zoom must be a whole number, -100 to 100, not -101', function() yard:ptz_move{zoom = -101} end)
  misuse('ptz_pan_tilt: unknown option "aa"; there are duration, wait', function() yard:ptz_pan_tilt(1, 1, {zz = 3, aa = 1, mm = 2}) end)
  misuse('ptz_pan_tilt: unknown option "duraton" (did you mean "duration"?)', function() yard:ptz_pan_tilt(1, 1, {duraton = 3}) end)
  misuse('ptz_pan_tilt: unknown option "xyz"; there are duration, wait', function() yard:ptz_pan_tilt(1, 1, {xyz = 3}) end)
  misuse('ptz_pan_tilt: unknown option "1"; there are duration, wait', function() yard:ptz_pan_tilt(1, 1, {"fast"}) end)
  misuse('ptz_pan_tilt: duration: "soon" is not a duration (such as 90s, 1m30s, 2d)', function() yard:ptz_pan_tilt(1, 1, {duration = "soon"}) end)
  misuse('ptz_pan_tilt: duration: a duration can\'t be negative (-1)', function() yard:ptz_pan_tilt(1, 1, {duration = -1}) end)
  misuse('ptz_pan_tilt: duration must be more than 0', function() yard:ptz_pan_tilt(1, 1, {duration = 0}) end)
  misuse('ptz_pan_tilt: wait= goes with duration=', function() yard:ptz_pan_tilt(1, 1, {wait = true}) end)
  misuse('ptz_pan_tilt: wait must be true or false, not "no"', function() yard:ptz_pan_tilt(1, 1, {duration = 1, wait = "no"}) end)
  misuse('ptz_pan_tilt: options come in a table, {duration=, wait=}, not as 5', function() yard:ptz_pan_tilt(1, 1, 5) end)
  misuse('ptz_stop: too many arguments: 1 is one more than it takes', function() yard:ptz_stop(1) end)
  misuse('ptz_stop: too many arguments: 1 is one more than it takes', function() yard:ptz_stop(nil, 1) end)
  hik.ptz_stop("gate", 1, nil, nil) -- nil is no argument
  equal(host.commands("gate"), {"stop ch1"})
  misuse('ptz_move: it takes a table {pan=, tilt=, zoom=, duration=, wait=}, not 10', function() yard:ptz_move(10, 0) end)
  misuse('ptz_move: it takes a table {pan=, tilt=, zoom=, duration=, wait=}, not 0', function() gate:ptz_move(10, 0) end)
  misuse('ptz_absolute: it takes a table {pan=, tilt=, zoom=}, not 10', function() yard:ptz_absolute(10) end)
  misuse('snapshot: it takes a table {stream=, width=, height=, quality=}, not a function', function() yard:snapshot(print) end)
  misuse('exclusive: it takes a table {timeout=}, not 5', function() yard:exclusive(5, print) end)
  misuse('snapshot: stream must be "main" or "sub", not "mian" (did you mean "main"?)', function() yard:snapshot{stream = "mian"} end)
  misuse('snapshot: width and height go together', function() yard:snapshot{width = 640} end)
  misuse('snapshot: quality must be a whole number, 1 to 100, not 0', function() yard:snapshot{quality = 0} end)
  misuse('exclusive: the function is missing; it must be a function', function() yard:exclusive() end)
  misuse('snapshot: gate/yard is no channel of cam', function() cam:snapshot(yard) end)
  misuse('info: it\'s a matter of the device: hik.info(ch.device)', function() hik.info(yard) end)
  misuse('snapshot: the device must be a device or its name, not 5', function() hik.snapshot(5) end)
  misuse('snapshot: the device is missing; it must be a device or its name', function() hik.snapshot() end)
  misuse('no device "gaet"', function() hik.snapshot("gaet") end)
  equal(host.commands("gate"), {})
end)

case("presets that are none", function()
  host.commands("gate")
  misuse('preset: the preset must be a whole number, 1 to 255, or a name, not 0', function() yard:preset(0) end)
  misuse('preset: the preset must be a whole number, 1 to 255, or a name, not 999', function() yard:preset(999) end)
  misuse('preset: preset 94 is no position: on Hikvision devices it reboots the camera; {special=true} allows it', function() yard:preset(94) end)
  misuse('ptz_preset: preset 35 is no position: on Hikvision devices it starts patrol 1; {special=true} allows it', function() yard:ptz_preset(35) end)
  for id = 1, 255 do
    local special = id >= 33 and id <= 46 or id == 90 or id >= 92 and id <= 105
    equal(not pcall(yard.preset, yard, id), special, "preset " .. id)
  end
  host.commands("gate")
  yard:preset(94, {special = true})
  equal(host.commands("gate"), {"preset ch1 (94) head"})
end)

case("loading", function()
  host.loading(true)
  local text = "a script that is loading can't command a device: do it in a job, or in hik.spawn(function() ... end)"
  misuse("snapshot: " .. text, function() gate:snapshot() end)
  misuse("ptz_stop: " .. text, function() hik.ptz_stop("gate", 1) end)
  misuse("get_device_info: " .. text, function() gate:get_device_info() end)
  equal(yard.stream_url, "rtsp://192.0.2.10/live")
  equal(gate:stream_url(), "rtsp://192.0.2.10/live")
  host.loading(false)
end)
