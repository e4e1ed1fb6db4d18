package luatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const oneDome = `timezone: Europe/Berlin
location: {lat: 52.52, lon: 13.40}
vars: {home: 1}
notify: {ops: {ntfy: {topic: "x"}}}
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr, channels: {hall: {address: 1}, door: {address: 2}}}
`

const dutyLua = `
local yard = hik.device("gate"):channel("yard")
hik.every("1m", {name = "duty"}, function()
  yard:preset(2, {wait = true})
  print("looked")
end)
yard:on("motion", function(ev) hik.notify("ops", "motion " .. (ev.target or "?")) end)
hik.at("sunset", {name = "evening"}, function() yard:preset(hik.vars.home) end)
`

// newSite writes a site and returns what its tests run with.
func newSite(t *testing.T, files map[string]string) Config {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return configOf(t, dir)
}

func configOf(t testing.TB, dir string) Config {
	t.Helper()
	env := func(string) (string, bool) { return "", false }
	s, err := site.LoadSimulated(dir, env)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Site: s, Version: "test", Getenv: env, Parallel: 2,
		Device: func(d site.Device, clk clock.Clock) *sim.Device {
			return sim.New(sim.Options{Name: d.Name, Model: sim.Model(d.Simulate), Clock: clk, Username: d.Username, Password: d.Password.Reveal()})
		},
	}
}

// results runs the tests of a site.
func (c Config) results(t *testing.T) []Result {
	t.Helper()
	files, err := Files(c.Site.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []Result
	if err := c.Run(t.Context(), files, func(r Result) error { list = append(list, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// outcome is a line for each result.
func outcome(list []Result) string {
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%s: %d", r.title(), len(r.Failures))
		for _, f := range r.Failures {
			fmt.Fprintf(&b, "; %s", strings.ReplaceAll(f.text(), "\n", " | "))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatATestSees(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": oneDome, "scripts/duty.lua": dutyLua, "lib/help.lua": "return {home = 'preset 1'}", "tests/duty_test.lua": `
local test, help = hik.test, require "help"
test.case("jobs run", function()
  test.equal(test.commands(), {})
  test.advance("2m30s")
  test.equal(test.commands("gate"), {"preset 2", "preset 2"})
  test.equal(#test.commands("nvr"), 0)
  local one = test.journal("gate/yard")[1]
  test.equal({one.script, one.job, one.what, one.detail, one.channel, one.device}, {"duty", "duty", "preset", "2", 1, "gate"})
  test.near(one.time, hik.now() - 90, 1)
  test.equal(#test.log("looked"), 2)
  test.equal({test.log("looked")[1].level, test.log("looked")[1].script}, {"print", "duty"})
end)
test.case("each has a site of its own", function()
  test.equal(test.commands(), {})
  test.equal(hik.date("%Y-%m-%d %H:%M:%S"), "2026-06-01 12:00:00")
  hik.state.seen = true
  hik.file.write("note.txt", "x")
end)
test.case("each has data of its own", function()
  test.equal(hik.state.seen, nil)
  test.truthy(not hik.file.exists("note.txt"))
end)
test.case("motion is told", function()
  test.truthy(test.emit("gate/yard", "motion", {target = "human", lasts = "5s"}))
  test.equal(#test.notices(), 0)
  test.advance("2s")
  local notice = test.notices()[1]
  test.equal({notice.target, notice.text, notice.script, notice.picture}, {"ops", "motion human", "duty", false})
end)
test.case("a head moves and stops", function()
  local gate = hik.device("gate")
  gate:ptz_pan_tilt(50, 0)
  test.advance("1s")
  test.truthy(test.head("gate").moving)
  gate:ptz_stop()
  test.advance("2s")
  test.truthy(not test.head("gate").moving)
  test.contains(test.commands("gate"), "ptz_stop")
end)
test.case("sun and clock change", {from = "2026-03-28 12:00"}, function()
  test.advance_to("sunset")
  test.advance("1s")
  test.contains(test.commands("gate"), help.home)
  test.advance_to("2026-03-29 03:00")
  test.equal(hik.date("%H:%M %z"), "03:00 +0200")
end)
test.case("faults come and go", {allow_errors = true}, function()
  test.fault("gate", "offline", {lasts = "90s"})
  test.advance("1m10s")
  test.equal(test.journal("gate")[1].error, "offline")
  test.advance("1m")
  local list = test.journal("gate")
  test.equal(list[#list].error, nil)
  test.fault("gate", "busy")
  test.errors(function() hik.device("gate"):preset(3) end, "busy")
  test.fault("gate")
  hik.device("gate"):preset(3)
end)
`})
	compare(t, outcome(c.results(t)), `
tests/duty_test.lua: jobs run: 0
tests/duty_test.lua: each has a site of its own: 0
tests/duty_test.lua: each has data of its own: 0
tests/duty_test.lua: motion is told: 0
tests/duty_test.lua: a head moves and stops: 0
tests/duty_test.lua: sun and clock change: 0
tests/duty_test.lua: faults come and go: 0`)
	untouched(t, c.Site.Dir)
}

// untouched fails if there is more in the folder of a site than was written
// there.
func untouched(t *testing.T, dir string) {
	t.Helper()
	if left, _ := os.ReadDir(dir); len(left) != 4 {
		t.Errorf("the folder of the site has %v: nothing is written there", left)
	}
}

func TestFailures(t *testing.T) {
	c := newSite(t, map[string]string{
		"site.yaml": oneDome, "scripts/a.lua": `hik.every("1m", {name = "bad"}, function() error("it broke") end)`,
		"tests/a_test.lua": `
hik.test.case("wrong value", function() hik.test.equal({"a"}, {"b"}, "list") end)
hik.test.case("an error", function()
  local x = nil
  x.y = 1
end)
hik.test.case("nothing catches it", function() hik.test.advance("61s") end)
hik.test.case("it is allowed", {allow_errors = true}, function() hik.test.advance("61s") end)
hik.test.case("no device", function() hik.test.fault("gaet", "offline") end)
hik.test.case("no channel", function() hik.test.emit("gate/9", "motion") end) hik.test.case("no fault", function() hik.test.fault("gate", "ofline") end)
hik.test.case("computes for ever", function() while true do end end)
hik.test.case("the past", function() hik.test.advance_to("2026-05-01 12:00") end)
hik.test.case("ends itself", function() os.exit(0) end)
`,
		"tests/b_test.lua": "local x =",
		"tests/c_test.lua": "print('nothing')",
		"tests/d_test.lua": `hik.test.case("x", function() end) hik.test.case("x", function() end)`,
		"tests/e_test.lua": `hik.test.case("", function() end)`,
		"tests/helper.lua": "error('not run')",
	})
	c.Site.Limits.Compute = 200 * time.Millisecond
	compare(t, outcome(c.results(t)), `
tests/a_test.lua: wrong value: 1; tests/a_test.lua:2: list: it is not what was expected |   --- expected |   +++ actual |   @@ -1,3 +1,3 @@ |    { |   -  "b" |   +  "a" |    }
tests/a_test.lua: an error: 1; tests/a_test.lua:5: attempt to index local 'x' (a nil value) with key 'y'
tests/a_test.lua: nothing catches it: 1; scripts/a.lua:1: it broke (nothing caught it, after 1m) |   allow_errors = true, in the options of hik.test.case, lets the test go on
tests/a_test.lua: it is allowed: 0
tests/a_test.lua: no device: 1; tests/a_test.lua:9: no device "gaet" |   did you mean "gate"?
tests/a_test.lua: no channel: 1; tests/a_test.lua:10: emit: gate has no channel 9
tests/a_test.lua: no fault: 1; tests/a_test.lua:10: fault: unknown fault "ofline": one of offline, slow, late, reset, cut, html, busy, locked, wrong-password, clock-wrong, stream-silent
tests/a_test.lua: computes for ever: 1; tests/a_test.lua:11: computed for longer than limits.compute (200ms) without waiting |   call hik.sleep in long loops
tests/a_test.lua: the past: 1; tests/a_test.lua:12: advance_to: "2026-05-01 12:00" is past: it is 2026-06-01 12:00:00
tests/a_test.lua: ends itself: 1; tests/a_test.lua:13: os.exit(0)
tests/b_test.lua: 1; tests/b_test.lua:1: a value is missing after '=' near end of file
tests/c_test.lua: 1; tests/c_test.lua has no test: write hik.test.case(name, function() ... end)
tests/d_test.lua: 1; tests/d_test.lua:1: case: there is a test "x" already, at tests/d_test.lua:1
tests/e_test.lua: 1; tests/e_test.lua:1: case: the name is empty
`)
}

func TestOnlySome(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": oneDome, "tests/a_test.lua": `
hik.test.case("Night tour", function() end)
hik.test.case("day", function() error("not run") end)`})
	c.Only = regexp.MustCompile("(?i)night")
	compare(t, outcome(c.results(t)), "tests/a_test.lua: Night tour: 0")
}

func TestOneThatNeverEnds(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": "timezone: UTC\n", "tests/a_test.lua": `
hik.test.case("never ends", function() hik.sleep("400d") end)
hik.test.case("the next", function() end)`})
	compare(t, outcome(c.results(t)), `
tests/a_test.lua: never ends: 1; tests/a_test.lua:2: the test did not end within 31d of its own time
tests/a_test.lua: the next: 0`)
}

// Pictures lie in a scratch folder, also where the archive is elsewhere, and no
// second place is filled.
func TestArchiveOfATest(t *testing.T) {
	elsewhere, second := t.TempDir(), t.TempDir()
	c := newSite(t, map[string]string{
		"site.yaml": oneDome + fmt.Sprintf(`
archive: {path: %q, keep: 30d, copy_to: %q, schedules: [{channels: [gate/yard], every: 15m, label: routine}]}
`, elsewhere, "file://"+second),
		"lib/a.lua": "", "scripts/a.lua": "", "tests/a_test.lua": `
hik.test.case("pictures", function()
  hik.test.advance("61m")
  hik.test.equal(#hik.archive.list(), 4)
end)`})
	compare(t, outcome(c.results(t)), "tests/a_test.lua: pictures: 0")
	untouched(t, c.Site.Dir)
	for _, dir := range []string{elsewhere, second} {
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%v was written to the archive of the site, or to its second place", left)
		}
	}
}

func BenchmarkTests(b *testing.B) {
	var file strings.Builder
	for i := range 100 {
		fmt.Fprintf(&file, "hik.test.case('%d', function() hik.test.advance('1h') hik.test.truthy(#hik.test.commands() > 50) end)\n", i)
	}
	dir := b.TempDir()
	for path, text := range map[string]string{"site.yaml": oneDome, "scripts/duty.lua": dutyLua, "tests/a_test.lua": file.String()} {
		os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755)
		os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644)
	}
	c := configOf(b, dir)
	files, _ := Files(dir)
	for b.Loop() {
		c.Run(b.Context(), files, func(r Result) error {
			if len(r.Failures) > 0 {
				b.Fatal(r.Failures)
			}
			return nil
		})
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/100tests")
}

// What scripts do reaches nothing and nobody outside, and a test sees it whole.
func TestWhatStaysHere(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": oneDome, "scripts/a.lua": `
hik.on("go", function()
  hik.notify("ops", {title = "Alarm", text = ("x"):rep(100) .. "\nend", picture = hik.device("gate"):snapshot()})
  hik.notify("ops", "plain")
  print(hik.http.post("https://example.org/hook?k=1", {json = {a = 1}}).body)
  hik.log.error("disk is low") hik.log.debug("fine")
end)`, "tests/a_test.lua": `
local test = hik.test
test.case("seen", function()
  hik.emit("go")
  test.advance("5s")
  local first, second = unpack(test.notices())
  test.equal({first.title, #first.text, first.picture, first.script}, {"Alarm", 104, true, "a"})
  test.equal({second.title, second.text, second.picture}, {nil, "plain", false})
  local request = test.requests()[1]
  test.equal({request.method, request.url, request.body, request.script}, {"POST", "https://example.org/hook?k=1", '{"a":1}', "a"})
  test.equal({#test.log("{}"), #test.log("disk is low"), #test.log("fine")}, {1, 1, 1})
end)`})
	compare(t, outcome(c.results(t)), "tests/a_test.lua: seen: 0")
}

// Nothing makes a test hang, and each ends at its line.
func TestTestsThatDoNotEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("counts millions of instructions, which takes a minute with the race detector")
	}
	c := newSite(t, map[string]string{"site.yaml": oneDome + "limits: {compute: 100ms}\n", "tests/a_test.lua": `
local test = hik.test
test.case("advance", function() while true do test.advance(0) end end)
test.case("caught", function() while true do pcall(test.advance, 0) end end)
test.case("task", {allow_errors = true}, function() hik.spawn(function() while true do hik.sleep(0) end end) test.advance("1m") end)
test.case("loop", function() while true do end end)
test.case("leaves", function() hik.spawn(function() while true do hik.sleep(60) end end) end)
test.case("outer", function() test.case("inner", function() error("never") end) end)
test.case("deep", function()
  local a, b = {}, {}
  local x, y = a, b
  for i = 1, 10001 do x.n, y.n = {}, {} x, y = x.n, y.n end
  test.equal(a, b)
end)
test.case("state", function()
  hik.state.list = {1, {n = 2}}
  test.contains(hik.state.list, {n = 2}) test.equal(hik.state.list, {1, {n = 2}}) test.equal({hik.state.list[2]}, {{n = 2}})
end)
test.case("heads", function() test.head("nvr") end)
test.case("fault", function() test.fault(hik.device("gate"), "offline", {lasts = "1m"}) test.fault("gate") end)
test.case("nowhere", function() test.emit(hik.device("nvr"):channel("cellar"), "motion") end)`, "tests/dir_test.lua/x": ""})
	got := outcome(c.results(t))
	for _, want := range []string{
		"advance: 1; tests/a_test.lua:3: went on again and again", "caught: 1; tests/a_test.lua:4: went on", "task: 0", "loop: 1; tests/a_test.lua:6: computed for longer",
		"leaves: 0", "outer: 1; tests/a_test.lua:8: case: a test in a test",
		"deep: 1; tests/a_test.lua:13: tables that are nested", "heads: 1; tests/a_test.lua:19: head: nvr has more than one channel: name one, such as \"nvr/hall\"",
		"fault: 0", "state: 0", "nowhere: 1; tests/a_test.lua:21:", "tests/dir_test.lua: 1; ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// Ctrl-C, or a reader that goes away, ends the tests; what was told was told.
func TestInterrupted(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": oneDome, "tests/a_test.lua": `
hik.test.case("first", function() end)
hik.test.case("second", function() while true do hik.test.advance("1s") end end)
hik.test.case("third", function() end)`})
	c.Parallel = 1
	files, err := Files(c.Site.Dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	if err := c.Run(ctx, files, func(Result) error { told++; cancel(); return nil }); err != ErrInterrupted || told > 1 {
		t.Errorf("%d results were told, and %v", told, err)
	}
	away := errors.New("the reader is gone")
	if err := c.Run(t.Context(), files, func(Result) error { return away }); err != away {
		t.Error(err)
	}
}

// Messages of MQTT come and go inside a test, and reach no broker.
func TestMessages(t *testing.T) {
	c := newSite(t, map[string]string{
		"site.yaml": oneDome + "mqtt: {broker: mqtt://192.0.2.5}\n",
		"scripts/door.lua": `hik.on("mqtt:door/+", {name = "door"}, function(m)
  hik.mqtt.publish("seen", {open = m.json.open})
end)`,
		"tests/door_test.lua": `
hik.test.case("a message", function()
  hik.test.truthy(hik.test.emit("mqtt:door/1", {open = true}))
  hik.test.equal(hik.test.emit("mqtt:window/1", "open"), false)
  hik.test.advance("1s")
  local notices = hik.test.notices()
  hik.test.equal(#notices, 1)
  hik.test.equal({notices[1].target, notices[1].text}, {"mqtt:seen", '{"open":true}'})
end)`,
	})
	compare(t, outcome(c.results(t)), "\ntests/door_test.lua: a message: 0")
}
