package rehearsal

import (
	"strings"
	"testing"
	"time"
)

// What never lets time go on is an error with its place, and the span goes on.
func TestWhatNeverEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("counts millions of instructions, which takes a minute with the race detector")
	}
	for name, code := range map[string]string{
		"sleep":  `hik.every("50m", {name = "bad"}, function() while true do hik.sleep(0) end end)`,
		"loop":   `hik.every("50m", {name = "bad"}, function() while true do end end)`,
		"pcall":  `hik.every("50m", {name = "bad"}, function() while true do pcall(hik.sleep, 0) end end)`,
		"tasks":  `hik.every("50m", {name = "bad"}, function() while true do hik.spawn(function() end):wait() end end)`,
		"chain":  `local function again() hik.after(0, again) end hik.every("50m", {name = "bad"}, again)`,
		"spawns": `local function again() hik.spawn(again) end hik.every("50m", {name = "bad"}, again)`,
		"emits":  `hik.on("ping", {name = "bad", overlap = "queue"}, function() hik.emit("ping") end) hik.every("1h", {name = "begin"}, function() hik.emit("ping") end)`,
		"state":  `hik.every("50m", {name = "bad"}, function() while true do hik.state.n = (hik.state.n or 0) + 1 hik.sleep(0) end end)`,
		"ticks":  `hik.every(0.001, {name = "bad"}, function() end)`,
	} {
		if raceEnabled && name != "sleep" && name != "loop" {
			continue // one goroutine runs at a time: there is no more to see
		}
		t.Run(name, func(t *testing.T) {
			s := newSite(t, oneHead+"limits: {compute: 100ms}\n", map[string]string{"bad": code, "good": `hik.every("2h", {name = "good"}, function() end)`})
			began := time.Now()
			r := rehearse(t, s, 3*time.Hour)
			took := time.Since(began)
			if took > 60*time.Second {
				t.Error(took)
			}
			got := folded(t, r)
			if !strings.Contains(got, "good/good\n  Wed 14 Jan 15:00:00  runs") {
				t.Error("the other script did not run")
			}
			if !strings.Contains(got, "runaway") && !strings.Contains(got, "refused") && !strings.Contains(got, "in a circle") {
				t.Error("no error")
			}
			if t.Failed() || testing.Verbose() {
				t.Log(got[:min(len(got), 1500)], took)
			}
		})
	}
}
