package runtime

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/device"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/journal"
)

// A script whose tasks run away three times within a minute is held back, for
// longer each time, until it is saved; others go on.
func TestRunawaysAreHeldBack(t *testing.T) {
	bad := `
		hik.every(10, {name = "busy"}, function() print("busy", hik.date("%H:%M:%S")) while true do end end)
		hik.spawn(function() hik.sleep(35) hik.spawn(function() print("child", hik.date("%H:%M:%S")) end) end)`
	w := newWorld(t, oneHead+"limits: {compute: 250ms}\n", map[string]string{
		"scripts/bad.lua":  bad,
		"scripts/good.lua": `hik.every(30, {name = "good"}, function() print("good") end)`,
	})
	w.start()
	w.run(40 * time.Second)
	st := w.host.Status()
	if s := st.Scripts[0]; s.State != ScriptHeld || s.HeldUntil == nil || s.HeldUntil.Sub(noon) != 90*time.Second || s.LastError.Kind != "runaway" || s.LastError.Place != "scripts/bad.lua:2" {
		t.Fatalf("%+v %+v\n%s", s, s.LastError, w.log)
	}
	if st.Scripts[1].State != ScriptRunning {
		t.Errorf("%+v", st.Scripts[1])
	}
	if err := w.host.RunJob("bad/busy"); err == nil || !strings.Contains(err.Error(), "held back until 12:01:30") {
		t.Errorf("%v", err)
	}
	w.run(80 * time.Second) // 2:00: after three more
	if s := w.host.Status().Scripts[0]; s.State != ScriptHeld || s.Held != 2 || s.HeldUntil.Sub(noon) < 3*time.Minute {
		t.Errorf("%+v\n%s", s, w.log)
	}
	w.write("scripts/bad.lua", `hik.every(10, {name = "busy"}, function() print("mended") end)`)
	w.sync()
	w.run(10 * time.Second)
	if s := w.host.Status().Scripts[0]; s.State != ScriptRunning || s.Held != 0 {
		t.Errorf("%+v", s)
	}
	got := strings.Join(w.printed, "|")
	want := "busy\t12:00:10|busy\t12:00:20|good|busy\t12:00:30|good|child\t12:01:30|good"
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "mended") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if n := strings.Count(w.log.String(), "run left out"); n != 2 {
		t.Errorf("told %d times", n)
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t, oneHead+"  cam: {ip: 192.0.2.9, username: admin, password: Marker-77}\nlimits: {motion: 10m}\n", map[string]string{
		"scripts/a.lua": `
			hik.cron("0 3 * * *", {name = "night"}, function() end)
			hik.every(60, {name = "fails"}, function() error("no luck") end)
			hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) hik.sleep(3600) end)`,
		"scripts/b.lua": `hik.every(`,
	})
	w.start()
	w.run(90 * time.Second)
	w.write("scripts/a.lua", `hik.evry(1)`)
	w.sync()
	st := w.host.Status()
	if !st.Started.Equal(noon) || st.Version != "test" || st.Memory == 0 || st.Site.Timezone != "UTC" {
		t.Errorf("%+v", st)
	}
	gate := st.Devices[0]
	if gate.State != device.StateOnline || gate.Model == "" || len(gate.Heads) != 1 || !gate.Heads[0].Moving || gate.Heads[0].Owner != "a/task-1" || gate.Heads[0].Since == nil {
		t.Errorf("%+v", gate)
	}
	a, b := st.Scripts[0], st.Scripts[1]
	if a.State != ScriptRunning || a.Jobs != 2 || fmt.Sprint(a.Tasks) != "[a/task-1]" || a.LastError == nil || a.LastError.Message != "no luck" || a.Edit == nil || a.Edit.Place != "scripts/a.lua:1" {
		t.Errorf("%+v %+v %+v", a, a.LastError, a.Edit)
	}
	if b.State != ScriptBroken || b.Edit == nil || b.Edit.Kind != "syntax" {
		t.Errorf("%+v", b)
	}
	night, fails := st.Jobs[0], st.Jobs[1]
	if night.Next == nil || night.Next.Format(time.RFC3339) != "2026-03-05T03:00:00Z" || night.Last != nil || night.Kind != "cron" || night.When != "0 3 * * *" {
		t.Errorf("%+v", night)
	}
	if fails.Runs != 1 || fails.Last == nil || fails.Last.Error == nil || !fails.Next.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("%+v", fails)
	}
	text, err := json.Marshal(st)
	if err != nil || strings.Contains(string(text), "Marker-77") {
		t.Errorf("%v %s", err, text)
	}
}

func TestRunJobByHand(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.cron("0 3 * * *", {name = "same"}, function() print("a") hik.sleep(10) end)`,
		"scripts/b.lua": `hik.cron("0 3 * * *", {name = "same"}, function() print("b") end) hik.every(60, {name = "tour"}, print)`,
	})
	w.start()
	w.run(time.Second)
	for name, want := range map[string]string{
		"same":   "several jobs have that name: a/same, b/same",
		"tuor":   `did you mean "tour"?`,
		"c/same": `no job "c/same"`,
	} {
		if err := w.host.RunJob(name); err == nil || !strings.Contains(Report(err).String(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clk.Go(func() {
		if err := w.host.RunJob("a/same"); err != nil {
			t.Error(err)
		}
	})
	w.run(time.Second)
	if err := w.host.RunJob("a/same"); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("%v", err)
	}
	w.wantPrinted("a")
}

// Three runaways count together only within a minute.
func TestOldRunawaysAreForgotten(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.on("word", function() end)`})
	w.start()
	w.run(time.Second)
	s := w.host.find("a")
	runaway := func(want bool) {
		t.Helper()
		s.noteEnd(&task{script: s}, &luaapi.Failure{Kind: "runaway"}, true)
		s.mu.Lock()
		defer s.mu.Unlock()
		if held := !s.heldBack().IsZero(); held != want {
			t.Errorf("held back: %v", held)
		}
	}
	runaway(false)
	runaway(false)
	w.run(offenceWindow + time.Second)
	runaway(false)
	runaway(false)
	runaway(true)
}

// A tour that a reload ends has not failed: neither in Status, nor on record, nor in
// its count, whatever the version after it makes of it.
func TestTourThatAReloadEndsIsCancelled(t *testing.T) {
	const script = `
		local tour = require "hik.tour"
		hik.at("12:01", {name = "round"}, function()
			tour.run(hik.device("gate"):channel("yard"), {{preset = 1, snapshot = true}, {preset = 2}}, {till = "12:05", dwell = "20s", home = 4})
		end)`
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(90 * time.Second)
	w.write("scripts/a.lua", strings.Replace(script, `till = "12:05", `, "", 1)+" hik.sleep(1)")
	w.sync()
	w.run(10 * time.Second)
	w.write("scripts/a.lua", `hik.at("12:01", {name = "round"}, function() end)`)
	w.sync()
	w.run(10 * time.Minute)
	j := w.host.Status().Jobs[0]
	if j.Failed > 0 || j.Last == nil || j.Last.Error != nil || j.Last.Outcome == OutcomeFailed {
		t.Errorf("%+v %+v", j, j.Last)
	}
	ends := 0
	for _, e := range w.record {
		if e.Kind == journal.RunEnded && e.Err != nil {
			ends++
			if text := fmt.Sprint(e); !strings.Contains(text, "cancelled") {
				t.Error(text)
			}
		}
	}
	if ends != 2 {
		t.Errorf("%d runs were cut off", ends)
	}
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Error(w.log)
	}
}
