package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The second function of hik.finally runs however the first has ended, in time and with what the task had.
func TestFinally(t *testing.T) {
	w := newWorld(t, "limits: {compute: 1s}\n"+oneHead, map[string]string{"scripts/a.lua": `
		local function at() return hik.date("%M:%S") end
		local function guarded(name, fn) return function() hik.finally(fn, function() hik.sleep(1) print(at(), name) end) end end
		local task = hik.spawn(guarded("cancelled", function() hik.sleep("1h") end))
		hik.after("1m", function() task:cancel() end)
		hik.after("2m", {name = "limited", timeout = "10s"}, guarded("timeout of the job", function() hik.sleep("1h") end))
		hik.after("3m", function() print(select(2, pcall(hik.timeout, 5, guarded("timeout", function() hik.sleep("1h") end))).kind, at()) end)
		hik.after("4m", guarded("runaway", function() while true do end end))
		hik.after("5m", function() print(pcall(guarded("error", function() error("out", 0) end))) end)
		hik.after("6m", function() print(hik.finally(function() return at(), 2 end, function() print("well") end)) end)
		hik.after("7m", function() hik.exclusive("gate", "yard", function(yard) hik.finally(function() yard:preset(1) end, function() yard:preset(2) end) end) end)`})
	w.start()
	w.run(10 * time.Minute)
	w.wantPrinted("01:01\tcancelled", "02:11\ttimeout of the job", "timeout\t03:05", "03:06\ttimeout", "04:01\trunaway", "05:01\terror", "false\tout", "well", "06:00\t2")
	if got := w.visited(); got != "1 2" {
		t.Error(got)
	}
}

// Not where the script ends: neither after a save nor when the host stops.
func TestFinallyDoesNotRunWhereTheScriptEnds(t *testing.T) {
	const script = `hik.spawn(function() hik.finally(function() hik.sleep("1h") end, function() print("last") end) end)`
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(time.Minute)
	w.write("scripts/a.lua", script+" -- saved")
	w.sync()
	w.run(time.Minute)
	w.end()
	w.wantPrinted()
}

// The head goes home whatever ends the tour.
func TestTourReachesHomeWhateverEndsIt(t *testing.T) {
	for what, script := range map[string]string{
		"cancelled":          `local task = hik.spawn(function() run{} end) hik.after(30, function() task:cancel() end)`,
		"timeout of the job": `hik.after(1, {timeout = "30s"}, function() run{} end)`,
		"hik.timeout":        `hik.after(1, function() hik.timeout("30s", function() run{} end) end)`,
		"runaway":            `hik.after(1, function() run{on_error = function() while true do end end} end)`,
		"an error":           `hik.after(1, function() run{on_error = function() error("out") end} end)`,
		"the task it is in":  `local task = hik.spawn(function() hik.parallel({1}, function() run{} end) end) hik.after(30, function() task:cancel() end)`,
		"exclusive":          `local task = hik.spawn(function() yard:exclusive(function() run{} end) end) hik.after(30, function() task:cancel() end)`,
		"holding":            `local task = hik.spawn(function() run{hold_on = "motion"} end) hik.after(30, function() task:cancel() end)`,
	} {
		w := newWorld(t, "limits: {compute: 1s}\n"+oneHead, map[string]string{"scripts/a.lua": `
			local tour = require "hik.tour"
			yard = hik.device("gate"):channel("yard")
			function run(o)
				o.home = 4
				tour.run(yard, {{preset = 1, snapshot = o.on_error and function() error("no") end}, {preset = 2}}, o)
			end ` + script})
		w.start()
		w.run(2 * time.Minute)
		if got := w.visited(); !strings.HasPrefix(got, "1") || !strings.HasSuffix(got, " 4") || strings.Count(got, "4") != 1 {
			t.Errorf("%s: %s\n%s", what, got, w.log)
		}
		if jobs := fmt.Sprint(w.host.Status().Jobs); strings.Contains(jobs, "hold on") {
			t.Errorf("%s: it listens still: %s", what, jobs)
		}
		w.end()
	}
}

// A home that the head does not have is told at the start.
func TestTourTellsAtItsStartThatHomeIsMissing(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:set_preset(2, "porch")
			require "hik.tour".run(yard, {{preset = 1}, {preset = 250}}, {rounds = 3, home = "proch"})
		end)`})
	w.start()
	w.run(5 * time.Second)
	w.wantLog(`the preset for home is missing: gate/yard has no preset \"proch\" (did you mean \"porch\"?)`)
	w.run(5 * time.Minute)
	w.wantLog("home not reached")
	if n := strings.Count(w.log.String(), "for home"); n != 1 {
		t.Errorf("told %d times\n%s", n, w.log)
	}
}
