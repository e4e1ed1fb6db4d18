package runtime

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A broken edit never stops a working script: invariant 4.
func TestBrokenEditChangesNothing(t *testing.T) {
	for _, broken := range []string{`hik.every(1, function( print("broken") end)`, `error("at load")`, `hik.evry(1, print)`, `hik.sleep(3600)`} {
		w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.every(10, function() print("old") end)`})
		w.start()
		w.run(15 * time.Second)
		w.write("scripts/a.lua", broken)
		w.sync()
		w.run(40 * time.Second)
		w.wantPrinted("old", "old", "old", "old", "old")
		w.wantLog("the old one runs on")
		w.write("scripts/a.lua", `hik.every(10, function() print("mended") end)`)
		w.sync()
		w.run(10 * time.Second)
		if got := w.printed[len(w.printed)-1]; got != "mended" {
			t.Errorf("after %q: %s\n%s", broken, got, w.log)
		}
	}
}

func TestReloadOrder(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.on_stop(function() print("on_stop", hik.date("%M:%S")) hik.device("gate"):preset(1) end)
		hik.spawn(function()
			hik.device("gate"):ptz_pan_tilt(40, 0)
			hik.sleep(3600)
		end)
		hik.every(60, {name = "beat"}, function() print("old", hik.date("%M:%S")) end)
	`})
	w.start()
	w.run(90 * time.Second)
	w.write("scripts/a.lua", `
		print("load", hik.date("%M:%S"))
		hik.spawn(function() print("live", hik.date("%M:%S")) hik.device("gate"):preset(2) end)
		hik.every(60, {name = "beat"}, function() print("new", hik.date("%M:%S")) end)
	`)
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("old\t01:00", "load\t01:30", "on_stop\t01:30", "live\t01:30", "new\t02:00")
	sent := w.sent("gate")
	if got := strings.Join(sent[len(sent)-2:], ", "); got != "1m30s goto 1, 1m30s goto 2" {
		t.Errorf("the head was sent %v", sent)
	}
}

func TestUnchangedContentIsLeftAlone(t *testing.T) {
	source := `print("load") hik.every(10, function() print("run") end)`
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source, "scripts/_off.lua": `print("off")`})
	w.start()
	w.run(5 * time.Second)
	for range 5 {
		w.write("scripts/a.lua", source)
		w.sync()
	}
	w.run(10 * time.Second)
	w.wantPrinted("load", "run")
}

func TestModuleChangeReloadsOnlyItsUsers(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"lib/inner.lua":      `return {text = "one"}`,
		"lib/outer/init.lua": `return {inner = require "inner"}`,
		"scripts/a.lua":      `print("a", require("outer").inner.text)`,
		"scripts/b.lua":      `print("b")`,
	})
	w.start()
	w.run(time.Second)
	w.write("lib/inner.lua", `return {text = "two"}`)
	w.sync()
	w.write("lib/inner.lua", `return {text = `)
	w.sync()
	w.write("lib/inner.lua", `return {text = "three"}`)
	w.sync()
	w.run(time.Second)
	w.wantPrinted("a\tone", "b", "a\ttwo", "a\tthree")
	w.wantLog("lib/inner.lua")
}

func TestNewAndDeletedScripts(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.every(10, function() print("a") end)`})
	w.start()
	w.run(15 * time.Second)
	w.write("scripts/b.lua", `hik.every(10, function() print("b") end)`)
	w.remove("scripts/a.lua")
	w.sync()
	w.run(15 * time.Second)
	w.wantPrinted("a", "b")
}

func TestRequire(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"lib/loop.lua":  `return require "loop"`,
		"lib/value.lua": `count = (count or 0) + 1 return function() return count end`,
		"scripts/a.lua": `
			print(require("value")(), require("value")() , require("hik") == hik)
			for _, name in ipairs{"nothing", "../site", "/etc/passwd", "loop", "a/b", ""} do
				local ok, err = pcall(require, name)
				print(ok, (tostring(err):gsub("^[^ ]+: ", "")))
			end
		`,
	})
	w.start()
	w.run(time.Second)
	if len(w.printed) != 7 || w.printed[0] != "1\t1\ttrue" {
		t.Errorf("%s\n%s", strings.Join(w.printed, "\n"), w.log)
	}
	for _, line := range w.printed[1:] {
		if !strings.HasPrefix(line, "false") {
			t.Error(line)
		}
	}
}

var reloads = flag.Int("reloads", 200, "how many reloads have to leave nothing behind")

// Reloads leave memory and goroutines where they were: -reloads 10000.
func TestReloadsLeaveNothingBehind(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.every(1, function() hik.sleep(5) end)`})
	w.start()
	reload := func(i int) {
		w.write("scripts/a.lua", fmt.Sprintf(`hik.every(1, function() hik.sleep(5) end) -- %d`, i))
		w.sync()
		w.run(3 * time.Second)
		w.log.Reset()
	}
	for i := range 20 {
		reload(-1 - i)
	}
	live, timers := w.clk.Live(), w.clk.Pending()
	memory, goroutines := level()
	for i := range *reloads {
		reload(i)
	}
	if w.clk.Live() != live || w.clk.Pending() != timers || len(w.host.alive()) != 1 {
		t.Errorf("goroutines %d, were %d; timers %d, were %d; states %d", w.clk.Live(), live, w.clk.Pending(), timers, len(w.host.alive()))
	}
	if m, g := level(); g != goroutines || m > memory+2<<20 {
		t.Errorf("%d goroutines, were %d; %d kB of memory, were %d", g, goroutines, m>>10, memory>>10)
	} else {
		t.Logf("%d reloads: %d kB of memory before, %d after", *reloads, memory>>10, m>>10)
	}
}

// A run that may finish does so in the old version and keeps its overlap slot.
func TestRunThatMayFinish(t *testing.T) {
	source := func(version string) string {
		return `
			for _, o in ipairs{"finish", "cancel"} do
				hik.every(10, {name = o, on_reload = o, overlap = o == "finish" and "queue" or "skip"}, function()
					print("` + version + `", o, "begins", hik.date("%S"))
					hik.sleep(hik.spawn(function() hik.sleep(1) return 16 end):wait())
					print("` + version + `", o, "ends", hik.date("%S"))
				end)
			end`
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source("old")})
	w.start()
	w.run(15 * time.Second)
	w.write("scripts/a.lua", source("new"))
	w.sync()
	w.run(21 * time.Second)
	w.wantPrinted("old\tfinish\tbegins\t10", "old\tcancel\tbegins\t10",
		"new\tcancel\tbegins\t20", "old\tfinish\tends\t27", "new\tfinish\tbegins\t27")
	if n := len(w.host.alive()); n != 1 {
		t.Errorf("%d Lua states are alive, want 1", n)
	}
}
