package runtime

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/journal"
)

// onClock runs f on a goroutine of the clock, to its end, and gives its error.
func (w *world) onClock(f func() error) (err error) {
	w.t.Helper()
	ended := false
	w.clk.Go(func() { err, ended = f(), true })
	w.run(0)
	if !ended {
		w.t.Error("it waits")
	}
	return err
}

func (w *world) hold(name string) error {
	w.t.Helper()
	return w.onClock(func() error { return w.host.HoldScript(name) })
}

func (w *world) release(name string) error {
	w.t.Helper()
	return w.onClock(func() error { return w.host.ReleaseScript(name) })
}

// state is that of a script, as Status has it.
func (w *world) state(name string) ScriptStatus {
	for _, s := range w.host.Status().Scripts {
		if s.Name == name {
			return s
		}
	}
	return ScriptStatus{}
}

const working = `
	print("loaded")
	hik.every("10s", {name = "beat"}, function() print("beat") end)
	hik.device("gate"):on("motion", function() print("motion") end)
	hik.spawn(function() while true do hik.device("gate"):ptz_pan_tilt(1, 40, 0) hik.sleep(3600) end end)
	hik.on_stop(function() print("on_stop") end)`

// A script that is set aside ends: neither its jobs nor its tasks run, its heads
// rest, no event stream is open for it. Released, it begins anew.
func TestSetAside(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": working})
	w.start()
	w.run(15 * time.Second)
	if !w.head().Driven(1) || w.host.Status().Devices[0].Events == "off" {
		t.Fatal("it does not work")
	}
	if err := w.hold("a"); err != nil {
		t.Fatal(err)
	}
	if w.head().Driven(1) {
		t.Error("the head turns")
	}
	held := w.clk.Now()
	w.run(10 * time.Minute)
	w.wantPrinted("loaded", "beat", "on_stop")
	if st := w.state("a"); st.State != ScriptAside || st.Since == nil || !st.Since.Equal(held) || len(st.Tasks) > 0 {
		t.Errorf("%+v", st)
	}
	st := w.host.Status()
	if len(st.Jobs) > 0 || st.Devices[0].Events != "off" || len(w.host.alive()) > 0 {
		t.Errorf("jobs %v, events %s", st.Jobs, st.Devices[0].Events)
	}
	err := w.onClock(func() error { return w.host.RunJob("a/beat") })
	if f := luaapi.Describe(err); f.Hint != "script a is set aside: release it first" {
		t.Errorf("%+v", f)
	}
	w.wantLog("script set aside by hand")
	if err := w.hold("a"); err != nil || !w.state("a").Since.Equal(held) {
		t.Error("once more:", err)
	}
	w.printed = nil
	if err := w.release("a"); err != nil || w.state("a").State != ScriptRunning {
		t.Error(err, w.state("a"))
	}
	w.run(15 * time.Second)
	w.wantPrinted("loaded", "beat")
	if !w.head().Driven(1) {
		t.Error("the task of its load does not run")
	}
	if err := w.release("a"); err != nil {
		t.Error("once more:", err)
	}
	var seen []string
	for _, e := range w.record {
		if e.Kind == journal.Script {
			seen = append(seen, e.What)
		}
	}
	if fmt.Sprint(seen) != "[loaded set aside loaded]" {
		t.Error(seen)
	}
}

// What is set aside stays so over a restart, a look at the files, another site.yaml
// and a save that does not load, and no longer than until another content loads.
func TestSetAsideUntilSaved(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `print("one", require "m")`, "lib/m.lua": "return 1"})
	w.start()
	w.run(time.Second)
	w.hold("a")
	held := w.clk.Now()
	w.printed = nil
	w.sync()
	w.write("lib/m.lua", "return 2")
	w.write("site.yaml", oneHead+"vars: {n: 1}\n")
	w.sync()
	w.write("scripts/a.lua", "oops(")
	w.sync()
	if st := w.state("a"); st.State != ScriptAside || st.Edit == nil || !strings.Contains(st.Edit.Place, "scripts/a.lua:1") {
		t.Errorf("%+v", st)
	}
	w.write("scripts/a.lua", `print("one", require "m")`)
	w.sync()
	if st := w.state("a"); st.State != ScriptAside || st.Edit != nil {
		t.Errorf("%+v", st)
	}
	w.wantPrinted()

	n := w.next(time.Hour, nil)
	n.start()
	n.run(time.Minute)
	n.wantPrinted()
	if st := n.state("a"); st.State != ScriptAside || !st.Since.Equal(held) {
		t.Errorf("after a restart: %+v", st)
	}
	n.sync()
	if said := n.log.String(); strings.Count(said, "script is still set aside") != 1 {
		t.Error(said)
	}
	n.write("scripts/a.lua", `print("two", require "m")`)
	n.sync()
	n.wantPrinted("two\t2")
	if st := n.state("a"); st.State != ScriptRunning {
		t.Errorf("after a save: %+v", st)
	}
	n.write("scripts/a.lua", `print("one", require "m")`)
	n.sync()
	n.wantPrinted("two\t2", "one\t2")

	n.hold("a")
	n.write("scripts/a.lua", "print(3)")
	n.sync()
	n = n.next(time.Hour, map[string]string{"scripts/a.lua": `print("one", require "m")`})
	n.start()
	n.run(time.Second)
	n.wantPrinted("one\t2") // what was set aside before the last save is not any more
	n.hold("a")
	last := n.next(time.Hour, map[string]string{"scripts/a.lua": `print("saved while the host was down")`})
	last.start()
	last.run(time.Second)
	last.wantPrinted("saved while the host was down")
	last.hold("a")
	last = last.next(time.Hour, nil)
	last.host.conf.Scratch = true // a rehearsal runs every script
	last.start()
	last.run(time.Second)
	last.wantPrinted("saved while the host was down")

	last = last.next(time.Hour, nil)
	last.start()
	last.run(time.Second)
	last.wantPrinted()
	last.release("a")
	last = last.next(time.Hour, nil)
	last.start()
	last.run(time.Second)
	last.wantPrinted("saved while the host was down")
}

// A script whose file is deleted is forgotten: one that has its name later runs.
func TestSetAsideAndDeleted(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `print("a")`, "scripts/b.lua": `print("b")`})
	w.start()
	w.run(time.Second)
	w.hold("a")
	w.hold("b")
	w.printed = nil
	w.remove("scripts/a.lua")
	w.sync()
	w.run(time.Second)
	if st := w.host.Status().Scripts; len(st) != 1 {
		t.Errorf("%+v", st)
	}
	w.write("scripts/a.lua", `print("a")`)
	w.sync()
	w.wantPrinted("a")
	w.end()
	w.remove("scripts/b.lua")
	n := w.next(time.Hour, nil)
	n.start()
	n.run(time.Second)
	n.write("scripts/b.lua", `print("b")`)
	n.sync()
	n.wantPrinted("a", "b")
}

// A run that being set aside has cut off goes on when the script is released, as
// after a restart: until the time that the tour was to last.
func TestTourGoesOnAfterRelease(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		hik.at("12:10", {name = "night"}, function()
			tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}, {preset = 3}}, {till = "13:00", dwell = "10m"})
		end)`})
	w.start()
	w.run(25 * time.Minute) // at the second stop
	w.hold("a")
	w.run(5 * time.Minute)
	before := w.visited()
	w.release("a")
	w.run(time.Second)
	if got := w.visited(); before != "1 2" || got != "1 2 2" {
		t.Errorf("%s, then %s", before, got)
	}
	w.wantLog("run goes on: it was cut off by the script being set aside")
	w.hold("a")
	w.run(time.Hour)
	w.release("a")
	w.run(time.Minute)
	if got := w.visited(); got != "1 2 2" {
		t.Errorf("released after its end: %s", got)
	}
	if last := w.host.Status().Jobs[0].Last; last == nil || last.Outcome != OutcomeCancelled || last.Error != nil {
		t.Errorf("%+v", last)
	}
}

// Names that cannot be set aside are told why.
func TestSetAsideRefused(t *testing.T) {
	w := newWorld(t, oneHead+"archive: {schedules: [{channels: [gate/yard], every: 1h}]}\n",
		map[string]string{"scripts/night.lua": "", "scripts/broken.lua": "oops("})
	w.start()
	w.run(time.Second)
	schedules := ""
	for _, s := range w.host.Status().Scripts {
		if s.Name != "night" && s.Name != "broken" {
			schedules = s.Name
		}
	}
	for name, want := range map[string]string{
		"nigth":   `no script "nigth" (did you mean "night"?)`,
		"broken":  "script broken does not run: no version of it has loaded",
		schedules: schedules + " is no script: its jobs are those of archive.schedules (take them out of site.yaml to end them)",
		"../x":    `no script "../x" (there is broken, night)`,
	} {
		err := w.hold(name)
		if err == nil || err.Error() != want || luaapi.Describe(err).Kind != "misuse" {
			t.Errorf("%s: %v", name, err)
		}
		if unknown := strings.HasPrefix(want, "no script"); errors.Is(err, luaapi.ErrUnknownName) != unknown {
			t.Errorf("%s: unknown: %v", name, unknown)
		}
		if name != "broken" && w.release(name) == nil {
			t.Errorf("%s is released", name)
		}
	}
	w.write("scripts/night.lua", `print("new")`)
	w.hold("night")
	w.write("scripts/night.lua", "oops(")
	if err := w.release("night"); err == nil || luaapi.Describe(err).Place() != "scripts/night.lua:1" {
		t.Errorf("a file that does not load: %v", err)
	}
}

// Scripts are set aside, released, saved, asked of and ended from several sides at
// once. In the end each is as was asked last, and nothing is left of what was set
// aside.
func TestSetAsideAtOnce(t *testing.T) {
	r := newRunning(t, gateAndYard, map[string]string{
		"lib/m.lua": "return 0", "scripts/a.lua": busyScript("gate", 0), "scripts/b.lua": busyScript("yard", 0),
	})
	r.until("both run", func() bool { return len(r.host.running()) == 2 && r.moving() })
	var work sync.WaitGroup
	for _, each := range []func(i int){
		func(int) { r.host.HoldScript("a") },
		func(int) { r.host.ReleaseScript("a") },
		func(int) { r.host.HoldScript("b"); r.host.ReleaseScript("b") },
		func(i int) { r.write("scripts/a.lua", busyScript("gate", i/3)); r.host.Sync(t.Context()) },
		func(i int) { r.write("lib/m.lua", fmt.Sprint("return ", i/5)) },
		func(int) { r.host.Status() },
	} {
		work.Go(func() {
			for i := range 15 {
				each(i)
				time.Sleep(time.Millisecond)
			}
		})
	}
	work.Wait()
	for _, name := range []string{"a", "b"} {
		r.host.ReleaseScript(name)
		r.until(name+" runs", func() bool { return r.host.find(name) != nil })
		if err := r.host.HoldScript(name); err != nil {
			t.Error(err)
		}
	}
	for _, s := range r.host.Status().Scripts {
		if s.State != ScriptAside {
			t.Errorf("%+v", s)
		}
	}
	r.until("all of it ends", func() bool { return len(r.host.alive()) == 0 && !r.moving() })
	if n := r.host.devices.Hub().Len(); n != 0 {
		t.Errorf("%d listeners are left", n)
	}
	if err := r.host.ReleaseScript("a"); err != nil {
		t.Error(err)
	}
	r.until("a moves again", r.moving)
	r.end()
}

// A script that is set aside while a new version of it loads does not go live after
// that, be it another content or not.
func TestSetAsideWhileItLoads(t *testing.T) {
	const script = `local slow = require "m" hik.every("10ms", function() hik.device("gate"):preset(1, 1) end) if slow == 1 then hik.sleep(0.3) end`
	for name, save := range map[string]func(r *running){
		"the same": func(r *running) { r.write("lib/m.lua", "return 1") },
		"another":  func(r *running) { r.write("lib/m.lua", "return 1"); r.write("scripts/a.lua", script+" -- saved") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunning(t, gateAndYard, map[string]string{"lib/m.lua": "return 0", "scripts/a.lua": script})
			r.until("it runs", func() bool { return r.host.find("a") != nil })
			save(r)
			go r.host.Sync(t.Context())
			r.until("it loads", func() bool { return len(r.host.alive()) == 2 })
			if err := r.host.HoldScript("a"); err != nil {
				t.Fatal(err)
			}
			r.until("the load ends", func() bool { return len(r.host.alive()) == 0 })
			r.host.Sync(t.Context())
			if st := r.host.Status(); st.Scripts[0].State != ScriptAside || st.Scripts[0].Edit != nil || len(st.Jobs) > 0 {
				t.Errorf("%+v", st.Scripts)
			}
			r.write("lib/m.lua", "return 0")
			if err := r.host.ReleaseScript("a"); err != nil || r.host.find("a") == nil {
				t.Errorf("%v", err)
			}
			r.end()
		})
	}
}

// One whose load has ended at that moment does not go live either.
func TestSetAsideAfterTheLoad(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.every("1s", {name = "beat"}, print) hik.on_stop(function() hik.sleep(2) end)`})
	w.start()
	w.run(time.Second)
	w.write("scripts/a.lua", `hik.every("1s", {name = "other"}, print)`)
	w.clk.Go(func() { w.host.Sync(t.Context()) })
	w.run(time.Second) // the new version has loaded, and waits for on_stop of the old one
	w.clk.Go(func() {
		if err := w.host.HoldScript("a"); err != nil {
			t.Error(err)
		}
	})
	w.run(10 * time.Second)
	if st := w.host.Status(); st.Scripts[0].State != ScriptAside || st.Scripts[0].Edit != nil || len(st.Jobs) > 0 || len(w.host.alive()) > 0 {
		t.Errorf("%+v", st.Scripts)
	}
	w.sync()
	if st := w.state("a"); st.State != ScriptAside {
		t.Errorf("%+v", st)
	}
}
