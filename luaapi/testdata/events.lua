-- on, wait, emit, and what handlers are told.
local function fn() end

case("what is registered", function()
  local gate = hik.device("gate")
  gate:on("motion", fn)
  equal(host.registered(), 'on "gate:motion" gate ch0 motion state= name= overlap= days= between= timeout=0s')
  gate:channel("yard"):on("Line_Crossing", {state = "both", name = "n", overlap = "queue", days = "mon-fri", between = "22:00-06:00", timeout = "5m"}, fn)
  equal(host.registered(), 'on "gate/yard:line_crossing" gate ch1 line_crossing state=both name=n overlap=queue days=mon-fri between=22:00-06:00 timeout=5m0s')
  hik.on("gate:any", fn)
  equal(host.registered(), 'on "gate:any" gate ch0 any state= name= overlap= days= between= timeout=0s')
end)

case("devices and channels in one string", function()
  hik.on("nvr/Door:io", {state = "stop"}, fn)
  equal(host.registered():match('^on "nvr/Door:io" nvr ch2 io state=stop'), 'on "nvr/Door:io" nvr ch2 io state=stop')
  hik.on("nvr/3:tamper", fn)
  equal(host.registered():match('^on "nvr/door:tamper" nvr ch3 tamper'), 'on "nvr/door:tamper" nvr ch3 tamper')
  hik.on("gate:online", fn)
  equal(host.registered():match("gate ch0 online") ~= nil, true)
end)

case("types that the device writes", function()
  for _, native in ipairs{"VMD", "linedetection", "fireSmokeDetection", "nicbroken", "PIR", "shelteralarm"} do
    hik.device("gate"):on(native, fn)
    equal(host.registered():match(' ch0 (%S+) '), native)
  end
end)

case("names that scripts emit", function()
  hik.on("doorbell", {overlap = "queue"}, fn)
  equal(host.registered(), 'on "doorbell" none ch0 doorbell state= name= overlap=queue days= between= timeout=0s')
  local sent = {who = "post", list = {1, 2, {deep = true}}, [7] = "seven", [false] = 0}
  hik.emit("doorbell", sent)
  sent.who = "changed"
  local value, run = host.received("doorbell")
  equal(value, {who = "post", list = {1, 2, {deep = true}}, [7] = "seven", [false] = 0})
  equal(run.event, "doorbell")
  value.who = nil
  equal(host.received("doorbell").who, "post", "each gets its own copy")
  hik.emit("doorbell")
  equal((host.received("doorbell")), nil)
  hik.emit("doorbell", hik.vars.map)
  equal(host.received("doorbell").deep.y, 2)
end)

case("tables of the state count in what is emitted", function()
  local chunk, parts, all = ("x"):rep(60000), {}, {}
  for i = 1, 15 do parts[i] = chunk end
  hik.state.parts = parts
  for i = 1, 10 do all[i] = hik.state.parts end
  misuse("emit: value[10][5]: the whole is larger than 8 MB", function() hik.emit("x", all) end)
  hik.state.parts = nil
end)

case("what can't be emitted", function()
  local loop = {a = {}}
  loop.a.b = loop
  misuse("emit: value.a.b can't be a table that it is part of", function() hik.emit("x", loop) end)
  misuse("emit: value can't be a function: an event carries strings, numbers, booleans and tables of them", function() hik.emit("x", print) end)
  misuse("emit: value.list[2].f can't be a function: an event carries strings, numbers, booleans and tables of them", function() hik.emit("x", {list = {1, {f = print}}}) end)
  misuse("emit: value.dev can't be a device: an event carries strings, numbers, booleans and tables of them", function() hik.emit("x", {dev = hik.device("gate")}) end)
  misuse("emit: value can't have a table as a key: keys are strings, numbers and booleans", function() hik.emit("x", {[{}] = 1}) end)
  misuse('emit: "gate:motion": a name with a colon is an event of a device, which no script can emit', function() hik.emit("gate:motion") end)
  misuse('emit: "motion" is an event of a device: dev:on("motion", fn), or hik.on("DEVICE:motion", fn)', function() hik.emit("motion") end)
  misuse("emit: the name is an empty string", function() hik.emit("") end)
  misuse('emit: the name is missing; it must be a string such as "doorbell"', function() hik.emit() end)
  fails(function() hik.emit("circle") end, {kind = "busy"})
  host.loading(true)
  local ok, err = pcall(hik.emit, "x", 1)
  host.loading(false)
  equal({ok, err.message:match("is loading can't emit") ~= nil}, {false, true})
end)

case("what a handler is told", function()
  local ev, run = host.received()
  equal({ev.type, ev.native, ev.state, ev.device, ev.channel, ev.time, ev.target, ev.region, ev.raw},
    {"line_crossing", "linedetection", "start", "nvr", 3, hik.now(), "human", 2, "<EventNotificationAlert/>"})
  equal({ev.image.content_type, ev.image.size, tostring(ev.image):match("^snapshot of nvr/3, image/jpeg")}, {"image/jpeg", #ev.image.bytes, "snapshot of nvr/3, image/jpeg"})
  equal({run.name, run.event == ev, run.late}, {"h", true, 0})
end)

case("wait", function()
  local nvr = hik.device("nvr")
  host.commands("nvr")
  equal(nvr:wait("line_crossing").channel, 3)
  local before = hik.now()
  equal(nvr:channel(2):wait("motion", {timeout = "30s", state = "stop"}), nil)
  equal(hik.now() - before, 30)
  equal(host.commands("nvr"), {"wait line_crossing state= timeout=0s", "wait motion ch2 state=stop timeout=30s"})
  equal(nvr.events, "flowing")
end)

case("wrong use", function()
  local gate = hik.device("gate")
  misuse('on: no event is called "moton" (did you mean "motion"?)', function() gate:on("moton", fn) end)
  misuse('no device "gaet"', function() hik.on("gaet:motion", fn) end)
  misuse('on: "motion" is an event of a device: dev:on("motion", fn), or hik.on("DEVICE:motion", fn)', function() hik.on("motion", fn) end)
  misuse('on: "online" is an event of the device, not of a channel: ch.device:on("online", ...)', function() gate:channel(1):on("online", fn) end)
  misuse('on: the event is missing; it must be a word such as "motion", or "any"', function() gate:on() end)
  misuse("on: the function is missing; it must be a function", function() gate:on("motion") end)
  misuse('on: options come before the function: dev:on(..., {name = ...}, function() ... end)', function() gate:on("motion", fn, {name = "x"}) end)
  misuse('on: unknown option "stat" (did you mean "state"?)', function() gate:on("motion", {stat = "stop"}, fn) end)
  misuse('on: unknown option "jitter"; there are state, name, overlap, timeout, timezone, days, between, on_reload', function() gate:on("motion", {jitter = 5}, fn) end)
  misuse('on: state must be "start", "stop" or "both", not "end"', function() gate:on("motion", {state = "end"}, fn) end)
  misuse("wait: timeout must be more than 0", function() gate:wait("motion", {timeout = 0}) end)
  misuse('wait: too many arguments: 5 is one more than it takes', function() gate:wait("motion", {timeout = 1}, 5) end)
end)
