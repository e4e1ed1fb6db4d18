local y = hik.device("gate"):channel("yard")
local gate = hik.device("gate")
hik.spawn(function(x)
  hik.sleep("ten") --!
  hik.sleep({}) --!
  hik.sleep(true) --!
  hik.every("1x", print) --!
  hik.every("1m", "print") --!
  hik.every("1m", {name=1}, print) --!
  hik.every("1m", {overlap="never"}, print) --!
  hik.every("1m", {catch_up="x"}, print) --!
  hik.every("1m", {jitter=-1}, print) --!
  hik.every("1m", {on_reload="stop"}, print) --!
  hik.at("sunsett", print) --!
  hik.at("sunset-15", print) --!
  hik.at("2026-13-01 10:00", print) --!
  hik.at(22, print) --!
  hik.cron({}, print) --!
  hik.cron("0 25 * * *", print) --!
  y:ptz_pan_tilt("left", 0) --!
  y:ptz_pan_tilt(1.5, 0) --!
  y:ptz_pan_tilt(x, 200) --!
  y:ptz_zoom(x, {duration="long"}) --!
  y:ptz_zoom(200, {duration=x}) --!
  y:ptz_relative{pan="x"} --!
  y:ptz_absolute{pan=400} --!
  y:ptz_absolute{tilt=91} --!
  y:ptz_absolute{zoom=0} --!
  y:preset({}) --!
  y:preset(-1) --!
  y:preset("") --!
  y:preset(1, {wait="yes"}) --!
  y:preset(x, {wait="yes"}) --!
  y:preset(1, {special=1}) --!
  y:snapshot{quality="best"} --!
  y:snapshot{stream=3} --!
  y:snapshot{width="wide", height=3} --!
  y:focus("in") --!
  y:focus(200) --!
  y:iris(1000) --!
  y:aux("lamp", true) --!
  y:aux("light", "on") --!
  y:exclusive({timeout="x"}, print) --!
  y:exclusive("5s", print) --!
  y:patrol_start("x") --!
  gate:set_output("x", true) --!
  gate:set_output(1, "on") --!
  gate:request("FETCH", "/x") --!
  gate:request("GET", "x") --!
  gate:channel({}) --!
  gate:channel(0) --!
  gate:set_time("x") --!
  hik.http.get(5) --!
  hik.http.get("ftp://x") --!
  hik.http.get("x") --!
  hik.http.post("http://x", {timeout="x"}) --!
  hik.http.request("FOO", "http://x") --!
  hik.file.read("../x") --!
  hik.file.write("/etc/x", "y") --!
  hik.file.write("x", {}) --!
  hik.json.encode(print) --!
  hik.json.decode("{") --!
  hik.base64.decode("###") --!
  hik.base64.encode({}) --!
  hik.date(5) --?
  hik.date("%H", "x") --!
  hik.sun("x") --!
  hik.parallel(1, print) --!
  hik.parallel({}, print, {limit="x"}) --!
  hik.log.info("x", "y")
  hik.timeout("1 h", print) --!
  hik.spawn(5) --!
  hik.on_stop(5) --!
  y:wait("moton") --!
  y:on("moton", print) --!
  hik.on("gate:moton", print) --!
  hik.on("gate/yrad:motion", print) --!
  y:snapshot():save(5)
  y:snapshot():save("../x.jpg") --!
  y:snapshot():archive{label=5} --!
  y:snapshot():archive{labl="x"} --!
  hik.archive.list{from="x"} --!
  hik.archive.prune{dry=1} --!
  print("x" + 1, {} .. "x", -{}, #5, 1 < "x", nil .. "x", ("x")()) --!
  string.rep("x", "y") --!
  string.format(5) --?
  tonumber("x", 99) --!
  math.floor("x") --!
  table.concat({}, 1, {}) --!
  table.insert("x", 1); --!
  ("x"):foo() --!
  ipairs(5) --!
  pairs("x") --!
  setmetatable(5, {}) --!
  os.time(5) --!
  os.date(5) --?
  string.find("x", "[") --!
  string.match("x", "(") --!
  string.gsub("x", "%", "") --!
  string.gsub("x", "y") --!
  select(0, 1) --!
  for i = 1, "x" do end --!
  for i = "a", 2 do end --!
  for i = 1, 10, 0 do end --!
  hik.state = 5 --!
  hik.vars.x = 5 --!
  y.x = 5 --!
end)
