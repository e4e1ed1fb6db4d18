package runtime

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// uses lists how commands and stops came to the head: "2s preset a/x#1 Before=b/y#1".
func (w *world) uses() (all []string) {
	for _, e := range w.records {
		if e.Use == nil {
			continue
		}
		text := fmt.Sprintf("%v %s %s", e.Time.Sub(w.began).Round(100*time.Millisecond), e.What, e.Use.Run)
		if e.Use.Before != "" {
			text += " before:" + e.Use.Before
		}
		if e.Use.Held > 0 {
			text += fmt.Sprint(" held:", e.Use.Held.Round(100*time.Millisecond))
		}
		if e.Use.Alone {
			text += " alone"
		}
		if e.Use.Ended != "" {
			text += " ended:" + e.Use.Ended
		}
		all = append(all, text)
	}
	return all
}

// The journal tells whose the head was: of a run and its children, of another
// run that goes on, and of one that has the head for itself.
func TestHowACommandCameToItsHead(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string // of one second and of two
		want []string
	}{
		"one after the other": {
			`yard:preset(1)`, `yard:preset(2)`,
			[]string{"1s preset a/a#1", "2s preset b/b#1"},
		},
		"in between": {
			`yard:preset(1) hik.sleep(3) hik.timeout(5, function() yard:preset(3) end)`, `yard:preset(2) hik.sleep(5)`,
			[]string{"1s preset a/a#1", "2s preset b/b#1 before:a/a#1", "4s preset a/a#1 before:b/b#1"},
		},
		"a child of a run that goes on": {
			`hik.timeout(5, function() yard:preset(1) end) hik.sleep(5)`, `yard:preset(2)`,
			[]string{"1s preset a/a#1", "2s preset b/b#1 before:a/a#1"},
		},
		"kept": {
			`yard:exclusive(function() yard:preset(1) hik.sleep(9) end)`, `yard:preset(2)`,
			[]string{"1s preset a/a#1 alone", "10s preset b/b#1 before:a/a#1 held:8s"},
		},
		"kept from one who wants the same": {
			`yard:exclusive(function() yard:preset(1) hik.sleep(9) end)`, `yard:exclusive(function() yard:preset(2) yard:preset(3) end)`,
			[]string{"1s preset a/a#1 alone", "10s preset b/b#1 before:a/a#1 held:8s alone", "10s preset b/b#1 alone"},
		},
		"limits.motion": {
			`yard:ptz_pan_tilt(1, 0) hik.sleep("1m")`, ``,
			[]string{"1s ptz_pan_tilt a/a#1", "31s ptz_stop a/a#1 ended:limits.motion"},
		},
		"the end of its task": {
			`yard:ptz_pan_tilt(1, 0) hik.sleep(2)`, ``,
			[]string{"1s ptz_pan_tilt a/a#1", "3s ptz_stop a/a#1 ended:end of task"},
		},
		"as it was asked for": {
			`yard:ptz_pan_tilt(1, 0, {duration = 2}) yard:ptz_pan_tilt(1, 0) hik.sleep(2) yard:ptz_stop()`, ``,
			[]string{"1s ptz_pan_tilt a/a#1", "3s ptz_stop a/a#1", "3s ptz_pan_tilt a/a#1", "5s ptz_stop a/a#1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			script := func(after int, name, body string) string {
				return fmt.Sprintf(`local yard = hik.device("gate"):channel("yard")
					hik.after(%d, {name = %q}, function() %s end)`, after, name, body)
			}
			w := newWorld(t, oneHead, map[string]string{
				"scripts/a.lua": script(1, "a", c.a), "scripts/b.lua": script(2, "b", c.b),
			})
			w.start()
			w.run(2 * time.Minute)
			// A stop that was asked for by ptz_stop has nothing to tell.
			for i, e := range w.records {
				if e.What == "ptz_stop" && e.Use == nil {
					w.records[i].Use = &journal.HeadUse{Run: e.Task}
				}
			}
			if got := w.uses(); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q\n%s", got, c.want, w.log)
			}
		})
	}
}

// Two tasks that a script spawns while it loads are two runs.
func TestTasksOfALoadAreRunsOfTheirOwn(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		for n = 1, 2 do
			hik.spawn(function() hik.sleep(n) yard:preset(n) hik.sleep(5) end)
		end`})
	w.start()
	w.run(time.Minute)
	if got, want := w.uses(), []string{"1s preset a/task-1", "2s preset a/task-2 before:a/task-1"}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// JobPlans tells what the scripts have registered, and where.
func TestJobPlans(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.every("1m", {name = "often"}, print)
hik.cron("0 3 * * *", {name = "night", timezone = "Asia/Tokyo", overlap = "queue"}, print)`})
	w.start()
	w.run(90 * time.Second)
	var got []string
	for _, p := range w.host.JobPlans() {
		got = append(got, fmt.Sprintf("%s %s %s %s %v %s:%d %d %s", p.Job, p.Kind, p.Overlap, p.Schedule, p.Zone, p.File, p.Line, p.Runs, p.Next.UTC().Format(time.TimeOnly)))
	}
	want := []string{"often every skip every 1m UTC scripts/a.lua:1 1 12:02:00", "night cron queue 0 3 * * * Asia/Tokyo scripts/a.lua:2 0 18:00:00"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// RunningTasks tells which tasks go on, to which run they belong, and which wait
// for an event.
func TestRunningTasks(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function() hik.device("gate"):wait("motion") end)
		hik.after(60, {name = "begin"}, function()
			hik.spawn(hik.sleep, "1h")
			hik.timeout("1h", function() hik.sleep("2h") end)
		end)`})
	w.start()
	w.run(2 * time.Minute)
	var got []string
	for _, r := range w.host.RunningTasks() {
		got = append(got, fmt.Sprintf("%s of %s (%s) since %v, %v", r.Task, r.Run, r.Job, r.Began.Sub(w.began), r.Event))
	}
	want := []string{
		"a/task-1 of a/task-1 () since 0s, true", "a/begin#1 of a/begin#1 (begin) since 1m0s, false",
		"a/task-2 of a/begin#1 (begin) since 1m0s, false", "a/timeout-3 of a/begin#1 (begin) since 1m0s, false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
