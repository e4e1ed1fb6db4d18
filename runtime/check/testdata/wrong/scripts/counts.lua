local y = hik.device("gate"):channel("yard")
local gate = hik.device("gate")
hik.spawn(function(x)
  hik.sleep() --!
  hik.sleep(1, 2) --!
  hik.now(1) --!
  print(hik.date("%H", 1, 2)) --!
  hik.spawn() --!
  hik.parallel() --!
  hik.parallel({1}) --!
  hik.timeout(1) --!
  hik.timeout(1, print, 2, 3) --!
  hik.cron("* * * * *") --!
  hik.cron() --!
  hik.every(1) --!
  hik.at("22:00") --!
  hik.after(1) --!
  hik.on("x") --!
  hik.emit() --!
  hik.on_stop() --!
  hik.device() --!
  hik.device("gate", 1) --!
  hik.devices(1) --!
  y:ptz_pan_tilt(1) --!
  y:ptz_pan_tilt() --!
  y:ptz_pan_tilt(1, 2, 3) --!
  y:ptz_pan_tilt(x) --!
  y:ptz_zoom() --!
  y:preset() --!
  y:preset(1, 2) --!
  y:preset(x, 2) --!
  y:snapshot(1, 2) --!
  y:snapshot({}, 2) --!
  y:set_preset() --!
  y:set_preset(1) --!
  y:delete_preset() --!
  y:ptz_stop(1) --!
  y:ptz_status(1) --!
  y:exclusive() --!
  y:patrol_start() --!
  y:aux("light") --!
  y:focus() --!
  gate:set_output(1) --!
  gate:request() --!
  gate:request("GET") --!
  gate:channel() --?
  hik.snapshot() --!
  hik.snapshot("gate", 1, {}, 2) --!
  hik.preset("gate") --!
  hik.http.get() --!
  hik.http.post("http://x", {}, 3) --!
  hik.file.write("x") --!
  hik.file.read() --!
  hik.file.read("x", 2) --!
  hik.json.encode() --!
  hik.json.decode() --!
  hik.json.decode("x", {}, 3) --!
  hik.base64.encode() --!
  hik.log.info()
  hik.log.info("x", 3)
  hik.log.info("x", {}, 3) --!
  hik.sun(1, 2) --!
  hik.inspect() --?
  y:snapshot():save() --!
  y:snapshot():archive({}, 2) --!
  hik.archive.list({}, 2) --!
  y:wait() --!
  y:on() --!
  string.rep("x"); --!
  ("x"):rep() --!
  tonumber() --!
  setmetatable({}) --!
  table.insert({}) --!
  table.concat() --!
  math.floor() --!
  ipairs() --!
  os.date(1, 2, 3) --?
  string.format() --!
  string.format("%d") --!
  string.format("%d %s", 1) --!
  string.format("%y", 1); --!
  ("%d"):format("x") --!
  select() --!
  pcall()
  error()
  type() --!
  table.insert({}, 1, 2, 3) --!
end)
