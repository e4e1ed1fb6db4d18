package page

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/timeline"
)

func zone(t testing.TB, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// patrols makes a week of a site in which the clocks change: cameras whose heads
// go from preset to preset and take pictures, jobs, events, an outage. It has
// about n actions; the same seed makes the same.
func patrols(t testing.TB, cameras, n int, seed uint64) *timeline.Timeline {
	berlin := zone(t, "Europe/Berlin")
	from := time.Date(2026, 3, 23, 0, 0, 0, 0, berlin)
	to := time.Date(2026, 3, 30, 0, 0, 0, 0, berlin)
	tl := &timeline.Timeline{
		Site: "north-yard", From: from, To: to, Zone: berlin, Seed: seed, Version: "1.0", Actions: timeline.NewActions(berlin),
		Place: &timeline.Place{Latitude: 52.5, Longitude: 13.4},
	}
	r := rand.New(rand.NewPCG(seed, 1))
	presets := []string{`1 "home"`, `2 "door"`, `3 "gate"`, `4 "ramp"`, `5 "fence north"`}
	// A round: one run, five presets and moves and pictures, and now and then more.
	rounds := max(n/(17*cameras), 1)
	every := to.Sub(from) / time.Duration(rounds)
	number := 0
	for round := range rounds {
		for cam := range cameras {
			number++
			device := fmt.Sprintf("cam%02d", cam)
			script := fmt.Sprintf("s%02d", cam%5)
			at := from.Add(time.Duration(round)*every + time.Duration(cam)*every/time.Duration(cameras)/4)
			run := timeline.Action{
				Time: at, Kind: timeline.Run, Script: script, Job: "tour", Task: fmt.Sprintf("%s/tour#%d", script, number), Text: "runs",
			}
			run.Duration = every * time.Duration(3+r.IntN(5)) / 10
			of := func(kind timeline.Kind, at time.Time, length time.Duration, text string) timeline.Action {
				return timeline.Action{
					Time: at, Duration: length, Kind: kind, Device: device, Channel: 1, Place: device + "/yard",
					Script: script, Job: "tour", Task: run.Task, Text: text, Head: kind == timeline.Preset || kind == timeline.Move,
				}
			}
			tl.Actions.Add(run)
			step := run.Duration / 6
			for i, preset := range presets {
				when := at.Add(time.Duration(i) * step)
				p := of(timeline.Preset, when, 40*time.Millisecond, "goes to preset "+preset)
				if r.IntN(150) == 0 {
					p.Failed, p.Message = "offline", "connection refused: nothing listens there: check port and scheme"
				}
				tl.Actions.Add(p)
				shot := of(timeline.Snapshot, when.Add(step/2), 230*time.Millisecond, "archives a picture, label "+preset[3:len(preset)-1])
				shot.Path = fmt.Sprintf("%s/yard/%s.jpg", device, when.Format("2006-01-02/150405"))
				tl.Actions.Add(shot)
				tl.Actions.Add(of(timeline.Move, when.Add(step*3/4), step/8, "turns right at 40 %"))
			}
			if r.IntN(3) == 0 {
				tl.Actions.Add(timeline.Action{
					Time: at.Add(step), Duration: time.Duration(1+r.IntN(90)) * time.Second, Kind: timeline.Event,
					Device: device, Channel: 1, Place: device + "/yard", Text: "motion",
				})
			}
			if r.IntN(40) == 0 {
				e := of(timeline.Error, at.Add(step), 0, "no device \"gaet\": did you mean \"gate\"?")
				e.Device, e.Place, e.Channel, e.Line = "", "", 0, 12
				tl.Actions.Add(e)
				skip := of(timeline.Skip, at.Add(step*2), 0, "left out: the run before went on")
				skip.Device, skip.Place, skip.Channel = "", "", 0
				tl.Actions.Add(skip)
			}
		}
	}
	tl.Actions.Add(timeline.Action{
		Time: from.Add(50 * time.Hour), Kind: timeline.State, Device: "cam01", Place: "cam01", Text: "is offline",
	})
	tl.Actions.Add(timeline.Action{
		Time: from.Add(59 * time.Hour), Kind: timeline.State, Device: "cam01", Place: "cam01", Text: "is online",
	})
	tl.Actions.Add(timeline.Action{
		Time: from.Add(51 * time.Hour), Kind: timeline.Notice, Script: "s01", Job: "tour", Task: "s01/tour#9", Text: "would tell ops: cam01 is offline",
	})
	for i := range 12 {
		f := timeline.Finding{
			Time: from.Add(time.Duration(5+i*13)*time.Hour + 17*time.Minute), Count: 1 + i*7, Kind: "two-scripts", Device: fmt.Sprintf("cam%02d", i%cameras), Channel: 1,
			Place: fmt.Sprintf("cam%02d/yard", i%cameras), Script: "s01", Line: 10 + i,
			Text: "s01 and s02 both want the head of " + fmt.Sprintf("cam%02d/yard", i%cameras), Remedy: "give one of them a schedule of its own, or a lease",
		}
		tl.Findings = append(tl.Findings, f)
	}
	return tl
}

// change changes the actions of a timeline, which come by time.
func change(tl *timeline.Timeline, how func(i int, a *timeline.Action)) {
	changed := timeline.NewActions(tl.Zone)
	for a := range tl.Actions.All() {
		how(changed.Len(), &a)
		changed.Add(a)
	}
	tl.Actions = changed
}
