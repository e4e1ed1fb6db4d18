package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/site"
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

// What is no file is not opened, told of once with what to do, and holds up
// nothing.
func TestOnlyFilesAreOpened(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua":           `print("a", pcall(require, "pipe"))`,
		"scripts/folder.lua/x":    "",
		"lib/folder.lua/init.lua": "",
		"scripts/b.lua":           `print("b", pcall(require, "folder"))`,
	})
	at := func(path string) string { return filepath.Join(w.dir, filepath.FromSlash(path)) }
	for _, path := range []string{"scripts/pipe.lua", "lib/pipe.lua"} {
		if err := syscall.Mkfifo(at(path), 0o644); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Symlink("nowhere", at("scripts/link.lua")); err != nil {
		t.Skip(err)
	}
	w.start()
	w.run(time.Second)
	for range 5 {
		w.sync()
		w.run(time.Second)
	}
	for _, want := range []string{"scripts/pipe.lua is a pipe, not a file", "scripts/folder.lua is a folder, not a file", "scripts/link.lua is a link to a file that is not there", "hint="} {
		w.wantLog(want)
	}
	if n := strings.Count(w.log.String(), "script not loaded"); n != 3 {
		t.Errorf("%d lines about 3 things\n%s", n, w.log)
	}
	if len(w.printed) != 2 || !strings.Contains(w.printed[0], "lib/pipe.lua is a pipe") || !strings.Contains(w.printed[1], "lib/folder.lua is a folder") {
		t.Errorf("%q", w.printed)
	}
	// A script that becomes a pipe runs on, and one that was a pipe is loaded.
	w.remove("scripts/a.lua")
	if err := syscall.Mkfifo(at("scripts/a.lua"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.remove("scripts/pipe.lua")
	w.write("scripts/pipe.lua", `print("a file now")`)
	w.write("nowhere", "")
	w.write("scripts/nowhere", `print("linked")`)
	w.sync()
	w.run(time.Second)
	if got := strings.Join(w.printed[2:], "|"); got != "linked|a file now" {
		t.Errorf("%s\n%s", got, w.log)
	}
	w.wantLog("scripts/a.lua is a pipe")
	if w.host.find("a") == nil {
		t.Error("a ended")
	}
	w.remove("site.yaml")
	if err := syscall.Mkfifo(at("site.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.sync()
	}
	if n := strings.Count(w.log.String(), "site.yaml is a pipe"); n != 1 {
		t.Errorf("%d lines about site.yaml\n%s", n, w.log)
	}
}

// A site.yaml that is away for a moment is no news; away for good it is told of
// once.
func TestSiteFileAway(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": turnForEver})
	w.start()
	w.run(time.Second)
	w.remove("site.yaml")
	w.clk.Go(func() { w.host.Sync(context.Background()) })
	w.run(goneFor / 2)
	w.write("site.yaml", oneHead+"vars: {a: 1}\n")
	w.run(time.Second)
	w.wantLog(`site.yaml taken over`)
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Error(w.log)
	}
	w.remove("site.yaml")
	for range 3 {
		w.sync()
		w.run(time.Second)
	}
	if n := strings.Count(w.log.String(), "level=ERROR"); n != 1 || !w.head().Moving(1) {
		t.Errorf("told %d times, moving %v\n%s", n, w.head().Moving(1), w.log)
	}
	w.wantLog("site.yaml not taken over")
}

// A file that is deleted ends its script, with the runs of old versions that were
// to finish.
func TestDeletedScriptEndsWhatFinishes(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.after(1, {on_reload = "finish"}, function()
			hik.after("1h", function() print("never") end)
			hik.device("gate"):ptz_pan_tilt(40, 0)
			hik.sleep("1h")
		end)`})
	w.start()
	w.run(5 * time.Second)
	w.write("scripts/a.lua", `hik.after("1h", function() print("never") end)`)
	w.sync()
	w.run(time.Second)
	if !w.head().Moving(1) {
		t.Error("the run that may finish was ended by a save")
	}
	w.remove("scripts/a.lua")
	w.sync()
	w.run(time.Second)
	if w.head().Moving(1) || len(w.host.alive()) != 0 || len(w.host.loaders) != 0 {
		t.Errorf("moving %v, %d Lua states, %d loaders", w.head().Moving(1), len(w.host.alive()), len(w.host.loaders))
	}
	w.run(2 * time.Hour)
	w.wantPrinted()
}

// The end of the host stops heads at once, also while scripts load, and does
// not wait for a site.yaml that cannot be read.
func TestShutdownWaitsForNoLoad(t *testing.T) {
	turn := `hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) hik.sleep("1h") end)`
	ends := map[string]time.Duration{"old version ends slowly": onStopLimit, "site.yaml hangs": orderlyStop - hastyStop}
	for name, prepare := range map[string]func(w *world){
		"first load": func(w *world) { w.write("scripts/a.lua", `hik.sleep(29)`) },
		"reload": func(w *world) {
			w.write("scripts/a.lua", `hik.sleep(1)`)
			w.sync()
			w.run(2 * time.Second)
			w.write("scripts/a.lua", `hik.sleep(29)`)
			w.sync()
		},
		"old version ends slowly": func(w *world) {
			w.write("scripts/a.lua", `hik.on_stop(function() hik.device("gate"):ptz_pan_tilt(0, 20) hik.sleep(4) end)`)
			w.sync()
			w.run(2 * time.Second)
			w.write("scripts/a.lua", `print("new")`)
			w.sync()
		},
		"site.yaml hangs": func(w *world) {
			w.host.conf.Reload = func() (*site.Site, error) {
				w.clk.NewWaiter().Wait()
				return nil, nil
			}
			w.run(2 * time.Second)
			w.write("site.yaml", oneHead+"vars: {a: 1}\n")
			w.clk.Go(func() { w.host.Sync(context.Background()) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/b.lua": turn})
			if name == "first load" {
				prepare(w)
			}
			w.start()
			if name != "first load" {
				w.run(0)
				prepare(w)
			}
			w.run(3 * time.Second)
			if !w.head().Moving(1) {
				t.Fatalf("the head does not turn\n%s", w.log)
			}
			began := w.clk.Now()
			w.stop()
			w.run(100 * time.Millisecond)
			if w.head().Moving(1) {
				t.Errorf("the head turns 100 ms after the end\n%s", w.log)
			}
			for !w.ended && w.clk.Now().Sub(began) < time.Minute {
				w.run(100 * time.Millisecond)
			}
			if took := w.clk.Now().Sub(began); took > ends[name]+200*time.Millisecond || w.err != nil {
				t.Errorf("it took %v, %v", took, w.err)
			}
			if name == "site.yaml hangs" {
				w.t = &testing.T{} // the goroutine that hangs is left behind, as it must be
			}
		})
	}
}

// Some editors move a script aside before they write it anew.
func TestScriptAwayForAMoment(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.on_stop(function() print("stopped") end) print("load")`})
	w.start()
	w.run(time.Second)
	source, err := os.ReadFile(filepath.Join(w.dir, "scripts", "a.lua"))
	if err != nil {
		t.Fatal(err)
	}
	w.remove("scripts/a.lua")
	w.sync()
	w.run(goneFor / 2)
	w.write("scripts/a.lua", string(source))
	w.run(time.Second)
	w.wantPrinted("load")
	w.remove("scripts/a.lua")
	w.sync()
	w.run(2 * goneFor)
	w.wantPrinted("load", "stopped")
}
