-- Devices, snapshots, requests, XML, log, vars, time.
local gate = hik.device("gate")

case("devices", function()
  local names = {}
  for _, d in ipairs(hik.devices()) do names[#names + 1] = d.name end
  equal(table.concat(names, " "), "gate nvr cam rec fresh spare")
  equal({gate.name, gate.state, tostring(gate)}, {"gate", "online", "gate"})
  host.state("gate", "locked")
  equal(gate.state, "locked")
  equal(hik.device("gate") == gate, true)
  equal(hik.device(gate) == gate, true)
  equal(hik.device("nvr") == gate, false)
  equal("to " .. gate, "to gate")
  misuse('no device "gat"', function() hik.device("gat") end)
  misuse('device: the device must be a device or its name, not 1', function() hik.device(1) end)
  local err = fails(function() hik.device("gat") end, {hint = 'did you mean "gate"?'})
end)

case("a device that is not in site.yaml", function()
  local dev = hik.device{ip = "192.0.2.9", username = "u", password = "p", channels = {yard = {address = 1}}, port = 8080}
  equal(dev.name, "cam")
  equal(host.opened(), {ip = "192.0.2.9", username = "u", password = "p", channels = {yard = {address = 1}}, port = 8080})
  misuse("device: ip is missing", function() hik.device{username = "u"} end)
  misuse("device: device.ip can't be a function: a device is described by strings, numbers, booleans and tables of them", function() hik.device{ip = print} end)
  misuse("device: a device is given by name, or by a table {ip=, username=, password=}", function() hik.device{"gate"} end)
end)

case("snapshot", function()
  local snap = gate:snapshot()
  equal({snap.content_type, snap.size, #snap.bytes, snap.time}, {"image/jpeg", 2006, 2006, hik.now()})
  equal({snap.width, snap.height}, {}) -- it has no header
  equal(snap.bytes:byte(1), 255)
  equal(hik.base64.decode(snap.base64) == snap.bytes, true)
  equal(tostring(snap), "snapshot of gate/yard, image/jpeg, 2006 bytes")
  equal(snap:save("yard/a.jpg"), "data/yard/a.jpg")
  equal(host.file("yard/a.jpg") == snap.bytes, true)
  fails(function() snap:save("full/a.jpg") end, {kind = "disk", message = "no space left on full/a.jpg"})
  misuse("save: the path is missing; it must be a string", function() snap:save() end)
  local bytes = snap.bytes
  equal(snap:archive{label = "alarm", event = {type = "motion"}}, "data/archive/gate/1/alarm-motion.jpg")
  equal({snap.bytes == bytes, snap.size == #bytes, snap:save("b.jpg")}, {true, true, "data/b.jpg"})
  equal({snap:archive{event = "face"}, snap:archive()}, {"data/archive/gate/1/-face.jpg", "data/archive/gate/1/-.jpg"})
  misuse('archive: unknown option "lable" (did you mean "label"?)', function() snap:archive{lable = "x"} end)
  misuse('archive: event is an event, or its type such as "motion", not 5', function() snap:archive{event = 5} end)
  misuse("save: call it with a colon: snap:save(...)", function() snap.save("x") end)
  misuse('a snapshot has no "byte" (did you mean "bytes"?)', function() return snap.byte end)
end)

case("request", function()
  host.asked("gate")
  local r = gate:request("GET", "/ISAPI/System/deviceInfo")
  equal({r.status, r.content_type, r.body:sub(1, 11)}, {200, "application/xml", "<DeviceInfo"})
  equal({r.xml._name, r.xml.model, r.xml._attr.version}, {"DeviceInfo", "DS-2DE", "2.0"})
  r = hik.request("gate", "put", "/ISAPI/x", {body = "<a/>", query = {n = 1, l = {"a", "b"}}})
  equal(r.xml.statusString, "OK")
  equal(host.asked("gate")[2], "PUT /ISAPI/x?l=a&l=b&n=1 <a/>")
  -- One that drives a head is a motion, which the host stops by the same path and axes.
  host.asked("gate")
  local path = "/ISAPI/PTZCtrl/channels/101/continuous"
  r = gate:request("PUT", path, {body = "<PTZData><pan>40</pan><tilt>-3</tilt></PTZData>"})
  equal(r.xml.statusString, "OK")
  equal(host.asked("gate"), {"PUT " .. path .. " <PTZData><pan>40</pan><tilt>-3</tilt></PTZData>", "PUT " .. path .. " <PTZData><pan>0</pan><tilt>0</tilt></PTZData>"})
  for _, body in ipairs{"<PTZData><pan>0</pan><tilt>0</tilt><zoom>0</zoom></PTZData>", "<PTZData><zoom>0</zoom></PTZData>", "no XML"} do
    gate:request("PUT", path, {body = body})
    equal(host.asked("gate"), {"PUT " .. path .. " " .. body})
  end
  misuse('request: the method must be "GET", "PUT", "POST" or "DELETE", not "FETCH"', function() gate:request("FETCH", "/x") end)
  misuse('request: the path must begin with one /, such as /ISAPI/System/deviceInfo, not "http://elsewhere/"', function() gate:request("GET", "http://elsewhere/") end)
  misuse('request: the path must begin with one /, such as /ISAPI/System/deviceInfo, not "//elsewhere"', function() gate:request("GET", "//elsewhere") end)
  misuse('request: query must be a table {name = value}, not "a=b"', function() gate:request("GET", "/x", {query = "a=b"}) end)
  misuse('request: unknown option "boddy" (did you mean "body"?)', function() gate:request("PUT", "/x", {boddy = ""}) end)
  fails(function() gate:request("GET", "/ISAPI/none") end, {kind = "unsupported", status = 404, device = "gate"})
end)

case("xml", function()
  local x = hik.xml.decode('<PTZPresetList version="2.0" xmlns="urn:x"><PTZPreset><id>1</id><name>door</name></PTZPreset></PTZPresetList>')
  equal(x, {_name = "PTZPresetList", _attr = {version = "2.0"}, PTZPreset = {{id = "1", name = "door"}}})
  x = hik.xml.decode('<Cap><zoom min="1" max="25">17.2</zoom><mode opt="a,b">a</mode><on/><n>1</n><n>2</n><p k="v"><q>1</q></p></Cap>')
  equal(x, {_name = "Cap", zoom = "17.2", zoom_attr = {min = "1", max = "25"}, mode = "a", mode_attr = {opt = "a,b"}, on = "", n = {"1", "2"}, p = {_attr = {k = "v"}, q = "1"}})
  equal(hik.xml.decode("<a b='c'>text</a>"), {_name = "a", _text = "text", _attr = {b = "c"}})
  equal({hik.xml.list(nil), hik.xml.list("1"), hik.xml.list({"1", "2"}), hik.xml.list({q = "1"})}, {{}, {"1"}, {"1", "2"}, {{q = "1"}}})
  equal(pcall(hik.xml.decode, "<a><b>"), false)
  equal(pcall(hik.xml.decode, "no"), false)
end)

case("a huge text stays out of logs and errors", function()
  local huge = ("x"):rep(1000000)
  host.logged()
  hik.log.info(huge, {k = huge})
  equal(#host.logged()[1] < 20000, true)
  local ok, err = pcall(function() return hik[huge] end)
  equal(#err.message < 2100, true)
end)

case("inspect", function()
  local inspect = hik.inspect
  equal(inspect("a\nb"), '"a\\nb"')
  equal(inspect(1e15), "1e+15")
  equal(inspect(nil), "nil")
  equal(inspect({}), "{}")
  equal(inspect({1, {true}, name = gate, ["a b"] = 1, ["end"] = 2, [0.5] = 4}),
    '{1, {true}, ["a b"] = 1, ["end"] = 2, name = hik.device("gate"), [0.5] = 4}')
  equal(inspect({[3] = 1}), "{nil, nil, 1}")
  equal(inspect({1, 2, [10] = 3, [1000] = 4, [-1] = 5, [2.5] = 6, [true] = 7, [20251231] = 8}),
    "{1, 2, [-1] = 5, [2.5] = 6, [10] = 3, [1000] = 4, [20251231] = 8, [true] = 7}")
  local loop = {}
  loop.inner = {loop}
  equal(inspect(loop), "{inner = {{--[[ ... ]]}}}")
  equal(inspect({{{{{}}}}}), "{{{{{--[[ ... ]]}}}}}")
  equal(inspect({("x"):rep(40), {a = ("y"):rep(40), b = ("z"):rep(40)}}), [[
{
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  {
    a = "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    b = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
  }
}]])
  equal(inspect(setmetatable({1}, {__tostring = function() return "mine" end})), "mine")
  equal(inspect(hik.vars.map), "{deep = {y = 2}, x = 1}")
  equal(inspect(hik.base64), "hik.base64: decode, encode")
  local long = {}
  for i = 1, 150 do long[i] = i end
  equal(inspect(long):match("100,%s+%-%-%[%[ 50 more %]%]%s}$") ~= nil, true)
  for i = 1, 150 do long["k" .. i] = i end
  equal(inspect(long):match("k99 = 99%s}$"), nil)
  equal(inspect(long):match("%-%-%[%[ 100 more %]%]%s}$") ~= nil, true)
  local texts = {}
  for i = 1, 100 do texts["k" .. i] = {("x"):rep(400), ("x"):rep(400), ("x"):rep(400)} end
  equal(#inspect(texts) < 80000, true)
  equal(inspect(texts):match("%-%-%[%[ %d+ more") ~= nil, true)
  equal(inspect(("x"):rep(5000)):sub(-21), 'x" --[[ 5000 bytes ]]')
  -- What it writes is Lua again.
  for _, v in ipairs({"Tür\t\"x\"\\\r\n\27[1m\0011", "\255\216\0", 1/0, -1/0, -1.5, true, {1, {a = "é"}}, gate, gate:channel("yard")}) do
    local text = inspect(v)
    local back = assert(loadstring("return " .. text))()
    equal(type(v) == "table" or back == v, true)
    equal(inspect(back), text)
  end
  equal(inspect(("\255\216"):rep(1000)), '"' .. ("\\255\\216"):rep(8) .. '" --[[ binary, 2000 bytes ]]')
  equal(inspect({print}):gsub("0x%x+", "0x"), "{nil --[[ function: 0x ]]}")
  equal(inspect({a = "]]" .. ("x"):rep(5000)}):sub(1, 8), '{\n  a = ')
  equal(#assert(loadstring("return " .. inspect(long)))(), 100)
  local listed = inspect(hik.device("rec"):channels()[1])
  equal(listed:match("^{enabled = true, id = 1, name = ") ~= nil, true, listed)
  fails(function() inspect(1, 2) end, {kind = "misuse"})
end)

case("log", function()
  host.logged()
  hik.log.info("moved", {b = 2, a = "x", c = {1, 2}, d = gate, e = 1.5, f = true})
  hik.log.warn("w")
  hik.log.error(nil)
  hik.log.debug({1})
  local ok, err = pcall(hik.sleep, -1)
  hik.log.error("failed", err)
  hik.log.error(err)
  hik.log.info("n", 5)
  local lines = host.logged()
  equal({lines[1], lines[2], lines[3]}, {"INFO moved a=x b=2 c=[1,2] d=gate e=1.5 f=true", "WARN w", "ERROR nil"})
  equal(lines[4], "DEBUG {1}")
  equal(lines[5]:match("^ERROR failed value=testdata/rest.lua:%d+: sleep: ") ~= nil, true, lines[5])
  equal(lines[6]:match("^ERROR testdata/rest.lua:%d+: sleep: ") ~= nil, true, lines[6])
  equal(lines[7], "INFO n value=5")
  hik.log.info({a = {1, 2}}, {t = hik.now(), half = 0.5, nan = 0 / 0, f = {hik.device("gate")}, big = {("x"):rep(9000)}})
  equal(host.logged()[1], 'INFO {a = {1, 2}} big={"' .. ("x"):rep(400) .. '" --[[ 9000 bytes ]]} f={hik.device("gate")} half=0.5 nan=-nan t=1772366400')
  hik.log.info("x", {time = "noon", level = "high", msg = 1, script = "s", job = "j", task = "t", device = "gate"})
  equal(host.logged()[1], "INFO x device=gate job_=j level_=high msg_=1 script_=s task_=t time_=noon")
  local many = {}
  for i = 1, 150 do many[i] = i end
  hik.log.info("many", many)
  equal(host.logged()[1]:match("more=50 fields left out$") ~= nil, true)
end)

case("vars", function()
  equal({hik.vars.night, hik.vars.dwell, hik.vars.on, hik.vars.nothing}, {"22:00", 15, true, nil})
  equal(table.concat(hik.vars.list, ","), "a,b")
  equal(hik.vars.map.deep.y, 2)
  misuse("hik.vars.night can't be assigned: it comes from site.yaml", function() hik.vars.night = "x" end)
  misuse("hik.vars.map.deep.z can't be assigned: it comes from site.yaml", function() hik.vars.map.deep.z = "x" end)
  local keys = {}
  for k in pairs(hik.vars) do keys[#keys + 1] = k end
  table.sort(keys)
  equal(table.concat(keys, " "), "dwell list map night on")
  equal({hik.script, hik.version}, {"tour", "1.2.3"})
end)

case("pairs", function()
  local n = 0
  for _, v in pairs({a = 1, b = 2}) do n = n + v end
  equal(n, 3)
  equal(pcall(pairs), false)
  equal(pcall(pairs, 5), false)
  local names = {}
  for k in pairs(hik.base64) do names[#names + 1] = k end
  table.sort(names)
  equal(names, {"decode", "encode"})
end)

case("date", function()
  local t = 1772366706.25 -- 2026-03-01 12:05:06.25 UTC, a Sunday; the site is one hour ahead
  equal(hik.date("%Y-%m-%d %H:%M:%S.%L %a %j %p %% %w %u %V %z", t), "2026-03-01 13:05:06.250 Sun 060 PM % 0 7 09 +0100")
  equal(hik.date("!%F %T", t), "2026-03-01 12:05:06")
  equal(hik.date(nil, t), "2026-03-01 13:05:06")
  equal(#hik.date(), 19)
  local d = hik.date("*t", t)
  equal({d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst}, {2026, 3, 1, 13, 5, 6, 1, 60, false})
  equal(hik.date("!*t", t).hour, 12)
  for c in ("aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%"):gmatch(".") do
    equal(hik.date("!%" .. c, t), os.date("!%" .. c, t), c)
  end
  misuse("date: the format has no %Q", function() hik.date("%Q") end)
  misuse("date: the format ends with %; write %% for the sign itself", function() hik.date("50%") end)
  misuse('date: the time must be a number, -62135596800 to 253402300799, not "x"', function() hik.date("%Y", "x") end)
end)

case("base64", function()
  equal(hik.base64.encode("hik\0\255"), "aGlrAP8=")
  equal(hik.base64.decode("aGlrAP8="), "hik\0\255")
  equal(hik.base64.decode("aGlr\nAP8"), "hik\0\255")
  misuse("decode: the text is not base64", function() hik.base64.decode("a!") end)
end)
