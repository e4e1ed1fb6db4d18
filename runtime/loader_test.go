package runtime

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A script whose load takes long does not hold up those after it: invariant 5.
func TestSlowLoadHoldsUpNobody(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.sleep(3600)`,
		"scripts/b.lua": `hik.every(10, function() print("b", hik.date("%M:%S")) end)`,
		"scripts/c.lua": `hik.sleep(5) hik.spawn(function() print("c", hik.date("%M:%S")) end)`,
		"scripts/d.lua": `hik.spawn(function() print("d", hik.date("%M:%S")) end)`,
	})
	w.start()
	w.run(12 * time.Second)
	w.wantPrinted("d\t00:02", "c\t00:06", "b\t00:11")
	var names []string
	for _, s := range w.host.running() {
		names = append(names, s.name)
	}
	if got := joined(names); got != "b, c, d" {
		t.Errorf("running: %s", got)
	}
	w.run(time.Minute)
	w.wantLog(`msg="script not loaded" script=a`)

	// The old version of a slow one runs on meanwhile, and the others go live.
	w.printed = nil
	w.write("scripts/b.lua", `hik.sleep(20) hik.spawn(function() print("b 2", hik.date("%M:%S")) end)`)
	w.write("scripts/d.lua", `hik.spawn(function() print("d 2", hik.date("%M:%S")) end)`)
	w.sync()
	w.run(25 * time.Second)
	w.wantPrinted("d 2\t01:13", "b\t01:21", "b\t01:31", "b 2\t01:32")
}

// A task that hangs in a call of Go holds up no reload, neither of its own
// script nor of another one.
func TestHangingTaskHoldsUpNoReload(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.spawn(function() print("hang") end)`,
		"scripts/b.lua": `hik.log.info("b 1")`,
		"scripts/c.lua": `hik.spawn(function() print("hang") end)`,
	})
	hang, again := w.clk.NewWaiter(), w.clk.NewWaiter()
	waiters := []interface{ Wait() }{hang, again}
	w.host.conf.Print = func(_, _ string) {
		next := waiters[0]
		waiters = waiters[1:]
		next.Wait()
	}
	w.start()
	w.run(time.Second)
	w.write("scripts/a.lua", `hik.log.info("a 2")`)
	w.write("scripts/b.lua", `hik.log.info("b 2")`)
	w.remove("scripts/c.lua")
	w.sync()
	w.run(time.Minute)
	for _, piece := range []string{
		`msg="script reloaded" script=a`, `msg="script reloaded" script=b`, `msg="script removed" script=c`,
		`msg="a task has not ended, and is not waited for any longer" script=a task=a/task-1`,
	} {
		w.wantLog(piece)
	}
	if n := len(w.host.states); n != 4 {
		t.Errorf("%d states while two tasks hang", n)
	}
	hang.Wake()
	again.Wake()
	w.run(time.Second)
	if n := len(w.host.states); n != 2 {
		t.Errorf("%d states after they have ended", n)
	}
}

// A save waits for no load of another script, at whatever moment it comes.
func TestSaveWaitsForNoOtherLoad(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `print("a 1")`, "scripts/b.lua": `print("b 1")`})
	w.start()
	w.run(time.Second)
	w.write("scripts/a.lua", `hik.sleep(25) print("a 2", hik.date("%S"))`)
	var first, second []Change
	w.clk.Go(func() { first = w.host.Sync(context.Background()) })
	w.run(500 * time.Millisecond)
	w.write("scripts/b.lua", `print("b 2", hik.date("%S"))`)
	w.clk.Go(func() { second = w.host.Sync(context.Background()) })
	w.run(500 * time.Millisecond)
	w.write("scripts/b.lua", `print("b 3", hik.date("%S"))`)
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("a 1", "b 1", "b 2\t01", "b 3\t02", "a 2\t26")
	// Whoever asks is told of everything that became of it, also of what had begun before.
	told := func(changes []Change) (all []string) {
		for _, c := range changes {
			all = append(all, fmt.Sprintf("%s %v %v %v", c.Script, c.Was, c.Is, c.Err))
		}
		return all
	}
	if got := fmt.Sprint(told(first)); got != "[a true true <nil>]" {
		t.Errorf("the first look gave %s", got)
	}
	if got := fmt.Sprint(told(second)); got != "[a true true <nil> b true true <nil>]" {
		t.Errorf("the second look gave %s", got)
	}
}

// A load is broken off when its file, a module that it uses, or a device that it
// has looked for, is another by then; and only then.
func TestOutdatedLoadIsBrokenOff(t *testing.T) {
	w := newWorld(t, oneHead+"vars: {word: one}\n", map[string]string{
		"lib/m.lua":     `return "m 1"`,
		"scripts/a.lua": `print("a 1")`,
	})
	w.start()
	w.run(time.Second)
	slow := `print("begins", require "m", hik.vars.word) hik.sleep(25) print("a 2", hik.date("%S"))`
	w.write("scripts/a.lua", slow)
	w.sync()
	w.run(time.Second)
	w.write("lib/m.lua", `return "m 2"`)
	w.sync()
	w.run(time.Second)
	w.write("site.yaml", oneHead+"vars: {word: two}\n")
	w.sync()
	w.run(10 * time.Second)
	w.write("scripts/a.lua", "")
	w.sync()
	w.write("scripts/a.lua", slow)
	for range 5 {
		w.sync()
	}
	w.run(16 * time.Second)
	w.wantPrinted("a 1", "begins\tm 1\tone", "begins\tm 2\tone", "begins\tm 2\ttwo", "a 2\t28")
	w.write("scripts/a.lua", `hik.sleep(20) error("never told")`)
	w.sync()
	w.run(time.Second)
	w.write("scripts/a.lua", `print("a 3", hik.date("%S"))`)
	w.sync()
	w.run(30 * time.Second)
	if got := w.printed[len(w.printed)-1]; got != "a 3\t30" || strings.Contains(w.log.String(), "not loaded") {
		t.Errorf("%s\n%s", got, w.log)
	}
	if n := len(w.host.alive()); n != 1 {
		t.Errorf("%d Lua states", n)
	}
}

// A mistake that is taken back restarts nothing: what is saved is what runs.
func TestMistakeTakenBackRestartsNothing(t *testing.T) {
	good := `local m = require "m" print("load") hik.on_stop(function() print("stopped") end) hik.every(10, function() print("run", require "later") end)`
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": good, "lib/m.lua": `return 1`, "lib/later.lua": `return 1`})
	w.start()
	w.run(15 * time.Second)
	for range 2 {
		w.write("scripts/a.lua", good+" oops(")
		w.sync()
		w.sync()
		if st := w.host.Status().Scripts[0]; st.Edit == nil {
			t.Error("the status does not tell of the mistake")
		}
		w.write("scripts/a.lua", good)
		w.sync()
		w.sync()
		if st := w.host.Status().Scripts[0]; st.Edit != nil {
			t.Errorf("the status still tells of %v", st.Edit)
		}
	}
	w.write("lib/m.lua", `return (`)
	w.sync()
	w.write("lib/m.lua", `return 1`)
	w.sync()
	w.wantPrinted("load", "run\t1")
	if n := strings.Count(w.log.String(), "the old one runs on"); n != 3 {
		t.Errorf("told %d times of 3 mistakes\n%s", n, w.log)
	}
	// A module that was first required by a job counts as well.
	w.write("lib/later.lua", `return 2`)
	w.sync()
	w.run(10 * time.Second)
	w.wantPrinted("load", "run\t1", "load", "stopped", "run\t2")
}

// What is emptied ends; what is written again in a moment does not notice.
func TestEmptiedScriptEnds(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.every(1, {name = "beat"}, function() print("a") end)`,
		"scripts/b.lua": "\n",
	})
	w.start()
	w.run(1500 * time.Millisecond)
	for _, blank := range []string{"", " \n\t\n"} {
		w.write("scripts/a.lua", blank)
		w.sync()
		w.run(1500 * time.Millisecond)
		w.write("scripts/a.lua", `hik.every(1, {name = "beat"}, function() print("a") end) -- `+fmt.Sprint(len(blank)))
		w.sync()
		w.run(500 * time.Millisecond)
	}
	w.wantPrinted("a", "a", "a", "a", "a")
	w.write("scripts/a.lua", " \n")
	w.sync()
	w.run(blankFor + 100*time.Millisecond)
	w.printed = nil
	w.run(time.Minute)
	w.wantPrinted()
	w.wantLog("empty")
	w.write("scripts/b.lua", `print("b")`)
	w.sync()
	w.wantPrinted("b")
}
