package luatest

import "testing"

// What a script does at a reload, and what it makes up for after the host was
// down, is tested by its tests.
func TestReloadAndRestart(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": oneDome, "scripts/tour.lua": `
local gate = hik.device("gate")
hik.state.loads = (hik.state.loads or 0) + 1
hik.every("10m", {name = "cut", on_reload = "cancel"}, function() gate:preset(1) hik.sleep(60) gate:preset(2) end)
hik.every("10m", {name = "kept", on_reload = "finish"}, function() hik.sleep(60) print("kept") end)
hik.on_stop(function() gate:ptz_home() print("stop " .. hik.state.loads) end)
print("load " .. hik.state.loads)`, "scripts/daily.lua": `
hik.at("13:00", {name = "report", catch_up = "2h"}, function() print("report") end)
hik.at("13:00", {name = "drill"}, function() print("drill") end)
hik.at("12:05", {name = "round"}, function()
  hik.resume("14:00")
  for i = 1, 3 do print("leg " .. i) hik.sleep("1m") end
end)`, "tests/a_test.lua": `
local test = hik.test
local function said(text)
  local list = {}
  for _, line in ipairs(test.log(text)) do if line.level == "print" then list[#list + 1] = line.message end end
  return list
end
test.case("reload", function()
  test.advance("10m10s")
  test.reload("tour")
  test.equal({said("load"), said("stop")}, {{"load 1", "load 2"}, {"stop 2"}}) -- the new version loads first
  test.advance("2m")
  test.equal(test.commands("gate"), {"preset 1", "ptz_home"})
  test.equal(said("kept"), {"kept"})
  test.advance("8m")
  test.equal(#test.commands("gate"), 3)
  test.reload()
  test.equal(said("load"), {"load 1", "load 2", "load 3"})
end)
test.case("restart", function()
  hik.state.mine = 1
  test.advance("10m10s")
  test.restart()
  test.equal({said("load"), said("stop")}, {{"load 1", "load 2"}, {"stop 1"}})
  test.advance("9m50s")
  test.equal({#test.commands("gate"), hik.state.mine}, {2, 1})
  test.advance("11s")
  test.equal(#test.commands("gate"), 3)
end)
test.case("down", {from = "2026-06-01 12:55"}, function()
  test.advance("1m")
  test.restart("90m")
  test.equal(hik.date("%H:%M"), "14:26")
  test.advance("10s")
  test.equal(said("report"), {"report"})
  test.equal(#said("drill"), 0)
end)
test.case("down for too long", {from = "2026-06-01 12:55"}, function()
  test.restart("4h")
  test.advance("10s")
  test.equal(#said("report"), 0)
end)
test.case("resumed", function()
  test.advance("6m10s")
  test.equal(said("leg"), {"leg 1", "leg 2"})
  test.restart("10m")
  test.advance("1s")
  test.equal(said("leg"), {"leg 1", "leg 2", "leg 1"})
end)
test.case("unknown", function() test.reload("tuor") end)
test.case("too long", function() test.restart("40d") end)`,
		"tests/b_test.lua": `hik.test.restart()`, "scripts/w.lua": "", "lib/x.lua": ""})
	compare(t, outcome(c.results(t)), `
tests/a_test.lua: reload: 0
tests/a_test.lua: restart: 0
tests/a_test.lua: down: 0
tests/a_test.lua: down for too long: 0
tests/a_test.lua: resumed: 0
tests/a_test.lua: unknown: 1; tests/a_test.lua:50: no script "tuor" (did you mean "tour"?)
tests/a_test.lua: too long: 1; tests/a_test.lua:51: restart: 40d is longer than a test may go on: 31d are left
tests/b_test.lua: 1; tests/b_test.lua:1: the scripts are not loaded yet: call it in the function of hik.test.case`)
	untouched(t, c.Site.Dir)
}
