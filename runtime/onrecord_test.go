package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/journal"
)

// onRecord lists what is on record of some kinds, each as "12.5 kind script/job
// what detail name: kind of the error".
func (w *world) onRecord(kinds ...journal.Kind) []string {
	var all []string
	for _, e := range w.record {
		for _, k := range kinds {
			if e.Kind != k {
				continue
			}
			parts := []string{fmt.Sprintf("%.4g", e.Time.Sub(w.began).Seconds()), string(k), e.Device, e.Script, e.Job, e.Task, e.What, e.Detail, e.Name}
			if e.Err != nil {
				answer := e.Err.(*journal.Answer)
				parts = append(parts, "- "+answer.Kind+": "+answer.Message)
			}
			all = append(all, strings.Join(strings.Fields(strings.Join(parts, " ")), " "))
		}
	}
	return all
}

func (w *world) expectRecord(want string, kinds ...journal.Kind) {
	w.t.Helper()
	got := strings.Join(w.onRecord(kinds...), "\n")
	if want = strings.TrimSpace(want); got != want {
		w.t.Errorf("on record:\n%s\nwant:\n%s", got, want)
	}
}

func TestRunsAreOnRecord(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
hik.every(10, {name = "fine"}, function() hik.sleep(2) end)
hik.after(5, {name = "broken"}, function()
	local x = nil
	x.y = 1
end)
hik.after(7, {name = "no such preset"}, function() hik.preset("gate", "yard", 200) end)
hik.every(20, {name = "long"}, function() hik.sleep(50) end)
hik.after(12, {name = "mother"}, function() hik.spawn(function() error("child") end) hik.sleep(1) end)
hik.spawn(function() hik.sleep(1) error("alone") end)`})
	w.start()
	w.run(45 * time.Second)
	w.end()
	w.expectRecord(`
1 failed a a/task-1 - error: scripts/a.lua:10: alone
5 begun a broken a/broken#1
5 ended a broken a/broken#1 - error: scripts/a.lua:5: attempt to index local 'x' (a nil value) with key 'y'
7 begun a no such preset a/no such preset#1
7 ended a no such preset a/no such preset#1 - forbidden: scripts/a.lua:7: gate: preset 200 channel 1: 403 forbidden: invalidOperation, Invalid Operation
10 begun a fine a/fine#1
12 begun a mother a/mother#1
12 failed a mother a/task-2 - error: scripts/a.lua:9: child
12 ended a fine a/fine#1
13 ended a mother a/mother#1
20 begun a long a/long#1
20 begun a fine a/fine#2
22 ended a fine a/fine#2
30 begun a fine a/fine#3
32 ended a fine a/fine#3
40 skipped a long
40 begun a fine a/fine#4
42 ended a fine a/fine#4
45 ended a long a/long#1 - cancelled: the host stops`,
		journal.RunBegun, journal.RunEnded, journal.RunSkipped, journal.Failed)
	for _, e := range w.record {
		if e.Kind == journal.RunEnded && e.Job == "fine" && e.Duration != 2*time.Second {
			t.Error(e.Duration)
		}
	}
}

func TestEventsAreOnRecord(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
hik.on("gate:motion", {name = "at motion"}, function() hik.emit("bell", {secret = "hunter2"}) end)
hik.on("gate:offline", {name = "at outage"}, function() end)
hik.on("bell", {name = "at bell"}, function() end)`})
	w.start()
	w.run(10 * time.Second)
	w.devices["gate"].Raise(sim.Alert{Type: "motion", Channel: 1, Target: "human", For: 3 * time.Second})
	w.run(20 * time.Second)
	w.fault("gate", "offline")
	w.run(3 * time.Minute)
	w.end()
	got := strings.Join(w.onRecord(journal.Event), "\n")
	for _, want := range []string{
		"event gate motion start human, region 1\n", "event a at motion a/at motion#1 bell\n", "event gate motion stop human, region 1\n",
		"event gate offline start",
	} {
		if !strings.Contains(got+"\n", want) {
			t.Errorf("%q is not on record:\n%s", want, got)
		}
	}
	if strings.Contains(fmt.Sprint(w.record), "hunter2") {
		t.Error("the value of an emission is on record")
	}
}

func TestPicturesAreOnRecord(t *testing.T) {
	w := newWorld(t, oneHead+`archive:
  schedules: [{channels: [gate/yard], every: 20s, label: routine}]
`, map[string]string{"scripts/a.lua": `
hik.after(5, {name = "by hand"}, function()
	local snap = hik.snapshot("gate", "yard")
	hik.sleep(3)
	snap:archive{label = "kept"}
end)`}, func(o *sim.Options) { o.PictureLatency = time.Second })
	w.start()
	w.run(30 * time.Second)
	w.end()
	pictures := w.onRecord(journal.Picture)
	if len(pictures) != 2 || !strings.Contains(pictures[0], "a by hand a/by hand#1 data/archive/gate/1/") || !strings.HasSuffix(pictures[0], ".jpg kept") ||
		!strings.HasSuffix(pictures[1], ".jpg routine") {
		t.Fatal(pictures)
	}
	// The command of each is found by its task, place and time.
	for _, p := range w.record {
		if p.Kind != journal.Picture {
			continue
		}
		matches := 0
		for _, c := range w.records {
			if c.What == "snapshot" && c.Task == p.Task && c.Device == p.Device && c.Channel == p.Channel &&
				!p.Time.Before(c.Time) && !p.Time.After(c.Time.Add(c.Duration)) {
				matches++
			}
		}
		if matches != 1 || p.Size == 0 {
			t.Errorf("%+v belongs to %d commands", p, matches)
		}
	}
}

func TestNoticesAreOnRecord(t *testing.T) {
	w := newWorld(t, toldSite, map[string]string{"scripts/a.lua": `
hik.after(1, {name = "tell"}, function()
	hik.notify("ops", {title = "Gate\nopen", text = "come"})
	hik.notify("ops", "see http://hook.example.org/hunter2 and " .. ("long "):rep(100))
end)`})
	w.online(&hook{status: 200})
	w.start()
	w.run(10 * time.Second)
	w.end()
	got := w.onRecord(journal.Notice)
	if len(got) != 2 || got[0] != "1 notice a tell a/tell#1 ops Gate open" || !strings.HasSuffix(got[1], "...") || len(got[1]) > 130 || strings.Contains(got[1], "hunter2") {
		t.Error(got)
	}
}

// What an operator needs who asks what happened last night: when the host ran,
// and which versions of scripts.
func TestHostAndScriptsAreOnRecord(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `print(1)`, "scripts/b.lua": `error("no")`})
	w.start()
	w.run(10 * time.Second)
	w.write("scripts/a.lua", `print(2)`)
	w.write("site.yaml", oneHead+"vars: {a: 1}\n")
	w.sync()
	w.write("site.yaml", oneHead+"bogus: 1\n")
	w.remove("scripts/a.lua")
	w.sync()
	w.run(time.Second)
	w.end()
	got := w.onRecord(journal.Host, journal.Script)
	for i, want := range []string{
		"0 host start test", "0 script a loaded", "0 script b refused - error: scripts/b.lua:1: no",
		"10 script reloaded", "10 script a reloaded", "10 script b refused - error:",
		`script refused - error: site.yaml:7:1: unknown key "bogus"`, "script a removed", "host stop test",
	} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Fatalf("%q is not number %d of:\n%s", want, i, strings.Join(got, "\n"))
		}
	}
}
