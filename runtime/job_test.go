package runtime

import (
	"strings"
	"testing"
	"time"
)

func TestJobsRunAtTheirTimes(t *testing.T) {
	runLua(t, `
		local function at(what) return function(j) print(what, hik.date("%H:%M:%S")) end end
		hik.cron("*/15 * * * *", at("cron"))
		hik.every("20m", {name = "beat"}, at("every"))
		hik.at("12:30", at("at"))
		hik.after("5s", at("after"))
		hik.cron("0 30 13 * * *", {days = "mon"}, at("not today"))
	`, time.Hour, "after\t12:00:05", "cron\t12:15:00", "every\t12:20:00", "at\t12:30:00", "cron\t12:30:00",
		"every\t12:40:00", "cron\t12:45:00", "every\t13:00:00", "cron\t13:00:00")
}

// TestAfterNothing: a job that is due at once runs, whether a script registers it while it loads or
// a run does.
func TestAfterNothing(t *testing.T) {
	w := runLua(t, `
		hik.after(0, {name = "now"}, function(j) print("now", j.late) hik.after(0, function() print("in a run") end) end)
		hik.after(0, {name = "evening", between = "18:00-19:00"}, function() print("not now") end)
	`, time.Minute, "now\t0", "in a run")
	if log := w.log.String(); strings.Count(log, "job will never run") != 1 || !strings.Contains(log, "job=evening") {
		t.Error(log)
	}
}

// TestTooManyJobs: what sets one job after another is told, and a job that gives back its place, by
// having run or by being replaced, makes room.
func TestTooManyJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of jobs in virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := runLua(t, `
		hik.after("1h", {name = "kept"}, function() print("old") end)
		local n = 0
		hik.after(1, {name = "many"}, function()
			hik.after(60, {name = "kept"}, function() print("kept") end)
			while n < 20000 do hik.after(30, function() end) n = n + 1 end
		end)
		hik.after(2, {name = "replaces"}, function() hik.after(90, {name = "kept"}, function() print("kept, later") end) end)
		hik.after(50, {name = "goes on"}, function() print(n) hik.after(1, function() print("room again") end) end)
	`, 2*time.Minute, "9996", "room again", "kept, later")
	w.wantLog("after 30s was not registered: the script has 10000 jobs already")
}

func TestOverlap(t *testing.T) {
	runLua(t, `
		local function log(n) return function(j) print(n, math.floor(j.scheduled % 60), math.floor(j.late + 0.5)) hik.sleep(2.5) end end
		local jobs = {
			hik.every(1, {name = "skip"}, log("s")),
			hik.every(1, {name = "queue", overlap = "queue"}, log("q")),
			hik.every(1, {name = "allow", overlap = "allow"}, log("a")),
		}
		hik.after(3.2, function() for _, j in ipairs(jobs) do j:stop() end end)
	`, 30*time.Second, "s\t1\t0", "q\t1\t0", "a\t1\t0", "a\t2\t0", "a\t3\t0")
}

func TestJobTimeoutAndErrorsEndOneRun(t *testing.T) {
	w := runLua(t, `
		hik.every(10, {name = "slow", timeout = "3s"}, function() hik.sleep(60) end)
		hik.every(10, {name = "bad"}, function(run) error("run failed: " .. run.scheduled) end)
		hik.every(10, {name = "good"}, function() print("good") end)
	`, 25*time.Second, "good", "good")
	w.wantLog("ran longer than its limit of 3s")
	if n := strings.Count(w.log.String(), "run failed"); n != 2 {
		t.Errorf("run failed %d times, want 2:\n%s", n, w.log)
	}
	w.wantLog("job=bad")
}

func TestJobObject(t *testing.T) {
	runLua(t, `
		local j = hik.cron("0 6 * * *", {name = "early"}, function(j) print(j.name, j.late < 1) end)
		print(j.name, hik.date("%d %H:%M", j:next()))
		hik.cron("0 7 * * *", {name = "early"}, function() print("replaced") end)
		hik.after(1, function() hik.cron("0 6 * * *", {name = "later"}, function(j) print("by hand", j.name) end):run() end)
	`, 20*time.Hour, "early\t05 06:00", "by hand\tlater", "by hand\tlater", "replaced")
}

func TestBadJobsAreRefusedAtTheirLine(t *testing.T) {
	for _, test := range []struct{ code, want string }{
		{`hik.cron("61 * * * *", print)`, "minute"},
		{`hik.cron("0 0 30 2 *", print)`, "scripts/a.lua:1"},
		{`hik.cron("TZ=", print)`, "scripts/a.lua:1"},
		{`hik.cron("* * *", print)`, "scripts/a.lua:1"},
		{`hik.at("25:00", print)`, "25:00"},
		{`hik.at("sunset", print)`, "location"},
		{`hik.every(0, print)`, "scripts/a.lua:1"},
		{`hik.every(-5, print)`, "scripts/a.lua:1"},
		{`hik.every("5 parsecs", print)`, "parsecs"},
		{`hik.every(5, {days = "funday"}, print)`, "funday"},
		{`hik.every(5, {between = "22-6"}, print)`, "22-6"},
		{`hik.every(5, {timezone = "Europe/Berlinn"}, print)`, "Europe/Berlinn"},
		{`hik.every(5, {overlap = "skipp"}, print)`, "skipp"},
		{`hik.every(5, {tiemout = 3}, print)`, `did you mean \"timeout\"`},
		{`hik.every(5)`, "function"},
		{`hik.evry(5, print)`, `did you mean \"every\"`},
	} {
		w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": test.code})
		w.start()
		w.run(time.Second)
		log := w.log.String()
		if !strings.Contains(log, "script not loaded") || !strings.Contains(log, test.want) || !strings.Contains(log, "line=scripts/a.lua:1") {
			t.Errorf("%s: want %q with its place in\n%s", test.code, test.want, log)
		}
	}
}
