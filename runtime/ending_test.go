package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// The light of the yard goes out thirty seconds after each car: an hour of that
// leaves as many jobs behind as are to come.
func TestJobsThatHaveRunLeaveTheList(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every(1, {name = "car"}, function() hik.after(30, function() end) end)
		hik.at("2026-03-04 12:10", {name = "once"}, function() hik.sleep(60) end)
	`})
	w.start()
	w.run(time.Hour)
	s := w.host.find("a")
	if n := len(s.allJobs()); n < 31 || n > 32 {
		t.Errorf("%d jobs after an hour, want the beat and the 30 to come", n)
	}
	if n := len(s.jobs.numbers); n > 1 {
		t.Errorf("numbers of %d names are kept", n)
	}
	for _, j := range s.allJobs() {
		if j.name == "once" {
			t.Error("a date that has passed is still in the list")
		}
	}
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Error(w.log)
	}
}

// A job is in the list while its only run goes on, and can be stopped.
func TestJobStaysWhileItsRunGoesOn(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.after(10, {name = "long", overlap = "queue"}, function() print("runs") hik.sleep(60) end)
		hik.after(20, function() end)
	`})
	w.start()
	w.run(15 * time.Second)
	if err := w.host.RunJob("long"); err != nil {
		t.Error(err)
	}
	w.run(50 * time.Second)
	names := func() (all []string) {
		for _, j := range w.host.find("a").allJobs() {
			all = append(all, j.name)
		}
		return all
	}
	if got := fmt.Sprint(names()); got != "[long]" {
		t.Errorf("jobs while the first run goes on: %s", got)
	}
	w.run(50 * time.Second)
	if got := fmt.Sprint(names()); got != "[long]" {
		t.Errorf("jobs while the queued run goes on: %s", got)
	}
	w.run(time.Minute)
	if got := fmt.Sprint(names()); got != "[]" {
		t.Errorf("jobs at the end: %s", got)
	}
	w.wantPrinted("runs", "runs")
}

// Jobs without a name of their own are told apart, and a thousand of them cost
// no more each than ten.
func TestJobsThatShareANameAreNumbered(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of jobs in virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		for i = 1, 3 do hik.after("1h", function() end) end
		local taken = hik.every("1h", {name = "after 1h (4)"}, function() end)
		local five = hik.after("1h", function() end)
		print(five.name, hik.after("1h", function() end).name)
		five:stop()
		print(hik.after("1h", function() end).name) -- one that has been in the log is not given again at once
		for i = 1, 5000 do hik.after("2h", function() end) end
	`})
	w.start()
	w.run(time.Second)
	w.wantPrinted("after 1h (5)\tafter 1h (6)", "after 1h (7)")
	if n := len(w.host.find("a").allJobs()); n != 5006 {
		t.Errorf("%d jobs", n)
	}
	w.run(3 * time.Hour)
	if s := w.host.find("a"); s.jobs.len() != 1 || len(s.jobs.named) != 1 || len(s.jobs.numbers) != 0 {
		t.Errorf("%d jobs, %d names, %d numbers", s.jobs.len(), len(s.jobs.named), len(s.jobs.numbers))
	}
}

// What ends takes no more jobs, and says so to the function that tries.
func TestOnStopRegistersNothing(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	w.start()
	w.run(time.Second)
	timers := w.clk.Pending()
	for i := range 20 {
		w.write("scripts/a.lua", fmt.Sprintf(`-- %d
			hik.on_stop(function()
				for _, register in ipairs{
					function() hik.every(1, {name = "leak"}, function() print("the old version runs") end) end,
					function() hik.on("x", function() print("the old version hears") end) end,
					function() hik.after(1, function() print("the old version comes late") end) end,
				} do print(select(2, pcall(register))) end
			end)`, i))
		w.sync()
		w.run(time.Second)
	}
	w.remove("scripts/a.lua")
	w.sync()
	w.run(time.Minute)
	if len(w.printed) != 60 {
		t.Errorf("%d lines: %v", len(w.printed), w.printed)
	}
	for i, line := range w.printed {
		why := "the script was reloaded"
		if i >= 57 {
			why = "the script was removed"
		}
		if !strings.Contains(line, "was not registered: "+why) {
			t.Errorf("line %d: %s", i, line)
		}
	}
	if n := w.clk.Pending(); n != timers {
		t.Errorf("%d timers, were %d", n, timers)
	}
	if n := w.host.devices.Hub().Len(); n != 0 {
		t.Errorf("%d listeners", n)
	}
	if n := len(w.host.alive()); n != 0 {
		t.Errorf("%d Lua states", n)
	}
}

// A run that may finish takes what it sets by hik.after with it, and the old
// version ends with the last of them. Jobs that come again are refused.
func TestFinishingRunMaySetAfter(t *testing.T) {
	const source = `
		hik.after(1, {on_reload = "finish", name = "row"}, function()
			hik.sleep(10)
			print(select(2, pcall(hik.every, 1, print)))
			hik.on_stop(function() print("the old version ends", hik.date("%S")) end)
			hik.after(5, {name = "home"}, function()
				print("home", hik.date("%S"))
				hik.timeout(1, function() hik.spawn(function() hik.after(2, function() print("and rest", hik.date("%S")) end) end):wait() end)
			end)
			print("row ends", hik.date("%S"))
		end)
		hik.on_stop(function() print("on_stop", hik.date("%S")) end)`
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source})
	w.start()
	w.run(5 * time.Second)
	w.write("scripts/a.lua", `print("new", hik.date("%S"))`)
	w.sync()
	w.run(7 * time.Second)
	if n := len(w.host.alive()); n != 2 {
		t.Errorf("%d Lua states while the old version finishes", n)
	}
	w.run(time.Minute)
	want := []string{"new\t05", "on_stop\t05",
		`scripts/a.lua:4: every 1s was not registered: the script was reloaded, and what ends takes no more jobs`,
		"row ends\t11", "home\t16", "and rest\t18", "the old version ends\t18"}
	for i, line := range w.printed {
		if i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d: %s", i, line)
		}
	}
	if len(w.printed) != len(want) {
		t.Errorf("printed %q", w.printed)
	}
	if n := len(w.host.alive()); n != 1 {
		t.Errorf("%d Lua states at the end", n)
	}
}

// The end of the host ends what an old version still had to do, at once.
func TestShutdownEndsWhatFinishes(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.after(1, {on_reload = "finish"}, function()
			hik.device("gate"):ptz_pan_tilt(40, 0)
			hik.after("1h", function() print("never") end)
			hik.sleep(20)
			hik.after("1h", function() print("never") end)
			while true do hik.device("gate"):ptz_pan_tilt(40, 0) hik.sleep(0.3) end
		end)`})
	w.start()
	w.run(5 * time.Second)
	w.write("scripts/a.lua", `hik.on_stop(function() hik.sleep(4) end)`)
	w.sync()
	w.run(22 * time.Second)
	if n := len(w.host.alive()); n != 2 {
		t.Errorf("%d Lua states", n)
	}
	began := w.clk.Now()
	w.stop()
	w.run(100 * time.Millisecond)
	if w.head().Moving(1) {
		t.Error("the head of a run that was to finish still moves")
	}
	w.run(time.Second)
	if w.head().Moving(1) {
		t.Error("a run that was to finish moves the head again")
	}
	for !w.ended && w.clk.Now().Sub(began) < time.Minute {
		w.run(100 * time.Millisecond)
	}
	if took := w.clk.Now().Sub(began); took > 5*time.Second {
		t.Errorf("the host took %v to stop", took)
	}
}

// on_stop is Lua like any other: it can bound what it does, do things at once,
// and wait for tasks.
func TestOnStopHasTasksOfItsOwn(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.on_stop(function()
			local yard = hik.device("gate"):channel("yard")
			print("timeout", pcall(hik.timeout, "2s", function() yard:preset(1) return "home" end))
			print("late", pcall(hik.timeout, "1s", function() hik.sleep(10) end))
			print("parallel", unpack(hik.parallel({2, 3}, function(p) yard:preset(p) return p end)))
			print("spawn", hik.spawn(function() return hik.timeout("1s", function() return "done" end) end):wait())
			hik.spawn(function() hik.sleep("1h") end)
			hik.on_stop(function() print("and this") end)
		end)`})
	w.start()
	w.run(5 * time.Second)
	w.write("scripts/a.lua", `hik.on_stop(function() hik.spawn(function() hik.sleep("1h") end):wait() end)`)
	w.sync()
	w.run(3 * time.Second)
	if len(w.printed) != 5 || w.printed[0] != "timeout\ttrue\thome" || !strings.HasPrefix(w.printed[1], "late\tfalse\t") ||
		w.printed[2] != "parallel\t2\t3" || w.printed[3] != "spawn\tdone" || w.printed[4] != "and this" {
		t.Errorf("printed\n%s\n%s", strings.Join(w.printed, "\n"), w.log)
	}
	if n := len(w.host.alive()); n != 1 {
		t.Errorf("%d Lua states: what on_stop spawned outlives it", n)
	}
	began := w.clk.Now()
	w.stop()
	for !w.ended && w.clk.Now().Sub(began) < time.Minute {
		w.run(100 * time.Millisecond)
	}
	if took := w.clk.Now().Sub(began); took < onStopLimit || took > onStopLimit+time.Second {
		t.Errorf("on_stop had %v, want %v", took, onStopLimit)
	}
}

// A task does not remember those who gave up waiting for it.
func TestWaitersThatGaveUpAreForgotten(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local long = hik.spawn(function() hik.sleep("1h") return "slept" end)
			hik.spawn(function() print(long:wait()) end)
			for i = 1, 100 do pcall(hik.timeout, 1, function() long:wait() end) end
			print(long:wait())
		end)`})
	w.start()
	w.run(10 * time.Minute)
	s := w.host.find("a")
	s.mu.Lock()
	for _, task := range s.tasks {
		if n := clock.Waiting(task.done); n > 2 {
			t.Errorf("%s has %d waiters", task.name, n)
		}
	}
	s.mu.Unlock()
	w.run(time.Hour)
	w.wantPrinted("slept", "slept")
}

// The end of a generation empties its list, whatever is in it, and whatever
// comes late is not let in.
func TestEndOfAGenerationEmptiesItsList(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	w.start()
	w.run(time.Second)
	timers, listeners := w.clk.Pending(), w.host.devices.Hub().Len()
	w.write("scripts/a.lua", `
		hik.every(1, function() end)
		hik.on("word", function() end)
		hik.after(1, function() hik.sleep("1h") end)`)
	w.sync()
	w.run(2 * time.Second)
	s := w.host.find("a")
	late, err := s.newJob(luaapi.JobSpec{Kind: "on", When: "word", Event: &luaapi.EventSpec{Type: "word"}})
	if err != nil {
		t.Fatal(err)
	}
	late.Stop()
	late.start() // as when a script ends between the two
	if n := w.host.devices.Hub().Len(); n != listeners+1 {
		t.Errorf("%d listeners, want the script's own", n-listeners)
	}
	w.clk.Go(func() { s.close(errCancelled) })
	w.run(15 * time.Second) // the store, too, has a timer after a run
	if n := w.host.devices.Hub().Len(); n != listeners {
		t.Errorf("%d listeners are left", n-listeners)
	}
	if n := w.clk.Pending(); n != timers {
		t.Errorf("%d timers are left", n-timers)
	}
	if n := len(w.host.alive()); n != 0 {
		t.Errorf("%d Lua states are left", n)
	}
}

// A job whose only time came while a run of the old version has its slot is
// there until it has run.
func TestUsedUpJobWaitsForTheSlot(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.after(1, {name = "x", on_reload = "finish"}, function() hik.sleep(20) end)`})
	w.start()
	w.run(5 * time.Second)
	w.write("scripts/a.lua", `hik.after(5, {name = "x", overlap = "queue"}, function() print("new", hik.date("%S")) end)`)
	w.sync()
	w.run(10 * time.Second)
	if jobs := w.host.find("a").allJobs(); len(jobs) != 1 || jobs[0].status().Queued != 1 {
		t.Errorf("%d jobs while the run waits", len(jobs))
	}
	w.run(10 * time.Second)
	w.wantPrinted("new\t21")
	if jobs := w.host.find("a").allJobs(); len(jobs) != 0 {
		t.Errorf("%d jobs after the run", len(jobs))
	}
}

// The same name again replaces a job that runs already: it fires no more.
func TestReplacedJobFiresNoMore(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every(10, {name = "beat"}, function() print("old", hik.date("%S")) end)
		hik.on("word", {name = "ear"}, function() print("old ear") end)
		hik.after(15, {name = "once"}, function()
			hik.every(10, {name = "beat"}, function() print("new", hik.date("%S")) end)
			hik.on("word", {name = "ear"}, function() print("new ear") end)
			hik.emit("word", 1)
		end)`})
	w.start()
	w.run(40 * time.Second)
	w.wantPrinted("old\t10", "new ear", "new\t25", "new\t35")
	if n := len(w.host.find("a").allJobs()); n != 2 {
		t.Errorf("%d jobs", n)
	}
}

// The end of the host meets a reload that is ending the old version: on_stop runs
// once, and the Lua state is given back once.
func TestTwoEndsOfOneGeneration(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.on_stop(function() print("on_stop", hik.date("%S")) hik.sleep(1) end)
		hik.on_stop(function() print("the second", hik.date("%S")) hik.sleep(1) end)`})
	w.start()
	w.run(time.Second)
	s := w.host.find("a")
	w.write("scripts/a.lua", `print("new")`)
	w.sync()
	w.run(500 * time.Millisecond)
	w.clk.Go(func() { s.stop(errShutdown) })
	w.run(0)
	w.end()
	w.wantPrinted("new", "on_stop\t01", "the second\t02")
	w.clk.Go(func() { s.close(errShutdown) })
	w.run(time.Second)
}
