package happening

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// stage plays a file of events to simulated devices, and notes each change of
// their alarms and faults, looking every second.
func stage(t *testing.T, s *site.Site, text, from string, d time.Duration, seed uint64) []string {
	t.Helper()
	all, problems := Parse("f", text, s)
	if problems != nil {
		t.Fatal(problems)
	}
	begin, err := clock.ParseTime(from, s.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewVirtual(begin)
	devices := make(map[string]*sim.Device)
	for _, d := range s.Devices {
		devices[d.Name] = sim.New(sim.Options{Name: d.Name, Model: sim.Model(d.Simulate), Clock: clk, Zone: s.Timezone})
	}
	var log []string
	note := func(format string, args ...any) {
		log = append(log, clk.Now().In(s.Timezone).Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
	}
	p := Player{
		Clock: clk, Until: begin.Add(d), Seed: seed,
		Device: func(name string) *sim.Device { return devices[name] },
		Emit:   func(name string, value any) { note("emit %s %v", name, value) },
	}
	if problems := p.Play(all); problems != nil {
		return []string{problems.Error()}
	}
	is := make(map[string]bool)
	look := func() {
		now := make(map[string]bool)
		for name, d := range devices {
			for _, a := range d.Alarms() {
				now[fmt.Sprint(name, "/", a.Channel, " ", a.Type, " ", a.Target)] = true
			}
			for _, f := range d.Faults() {
				if d.InForce(f) {
					now[name+" "+f.Name+" "+f.Value] = true
				}
			}
		}
		var changes []string
		for what := range now {
			if !is[what] {
				changes = append(changes, "+ "+what)
			}
		}
		for what := range is {
			if !now[what] {
				changes = append(changes, "- "+what)
			}
		}
		is = now
		slices.Sort(changes)
		for _, c := range changes {
			note("%s", strings.TrimSpace(c))
		}
	}
	clk.Go(func() {
		clock.Sleep(context.Background(), clk, time.Millisecond) // after what happens at that instant
		for clk.Now().Before(begin.Add(d)) {
			look()
			clock.Sleep(context.Background(), clk, time.Second)
		}
	})
	clk.Run(begin.Add(d))
	return log
}

func TestPlay(t *testing.T) {
	s := testSite(t)
	for _, c := range []struct{ name, text, from, span, want string }{
		{"each day", "23:10 gate motion human\n", "2026-01-05 23:09", "24h5m", `
05 23:10:00 + gate/1 VMD human
05 23:10:05 - gate/1 VMD human
06 23:10:00 + gate/1 VMD human
06 23:10:05 - gate/1 VMD human`},
		{"the begin is part of the span, the end is not", "23:00 gate/yard motion for 2s", "2026-01-05 23:00", "24h", `
05 23:00:00 + gate/1 VMD
05 23:00:02 - gate/1 VMD`},
		{"spans", "23:30-00:10 nvr offline\nsat 10:00-10:01 nvr/2 intrusion", "2026-01-09 23:00", "12h", `
09 23:30:00 + nvr offline
10 00:10:00 - nvr offline
10 10:00:00 + nvr/2 fielddetection
10 10:01:00 - nvr/2 fielddetection`},
		{"faults overlap", "01:00-03:00 gate slow 2s\n02:00-04:00 gate slow 5s\n02:30 gate slow stop", "2026-01-05 00:00", "6h", `
05 01:00:00 + gate slow 2s
05 02:00:00 + gate slow 5s
05 02:30:00 - gate slow 2s
05 02:30:00 - gate slow 5s`},
		{"start and stop", "01:00 gate motion start\n01:10 gate motion stop\n01:20 gate offline", "2026-01-05 00:00", "2h", `
05 01:00:00 + gate/1 VMD
05 01:10:00 - gate/1 VMD
05 01:20:00 + gate offline`},
		{"emission", `01:00 emit closing {"doors": [1, 2]} # both`, "2026-01-05 00:00", "2h", `
05 01:00:00 emit closing map[doors:map[1:1 2:2]]`},
		{"message", `01:00 emit mqtt:garage/door "open"`, "2026-01-05 00:00", "2h", `
05 01:00:00 emit mqtt:garage/door open`},
		{"no such channel", "01:00 gate/7 motion", "2026-01-05 00:00", "2h", `
f:1: gate has no channel 7`},
		{"no such channel at random", "random gate/7 motion 4/day", "2026-01-05 00:00", "2h", `
f:1: gate has no channel 7`},
		{"weekdays and a date", "sun,mon 10:00 gate motion\n2026-01-10 10:00 gate audio", "2026-01-10 09:59", "24h30m", `
10 10:00:00 + gate/1 audioexception
10 10:00:05 - gate/1 audioexception
11 10:00:00 + gate/1 VMD
11 10:00:05 - gate/1 VMD`},
		{"the hour that is left out", "02:30 gate motion\n02:00-02:20 warehouse offline\n01:30-03:30 nvr offline", "2026-03-29 01:00", "3h", `
29 01:30:00 + nvr offline
29 03:00:00 + gate/1 VMD
29 03:00:00 + warehouse offline
29 03:00:05 - gate/1 VMD
29 03:20:00 - warehouse offline
29 03:30:00 - nvr offline`},
		{"the hour that comes twice", "02:30 gate motion\n2026-10-25 02:00-02:20 warehouse offline\n01:30-03:30 nvr slow", "2026-10-25 01:00", "4h", `
25 01:30:00 + nvr slow
25 02:00:00 + warehouse offline
25 02:20:00 - warehouse offline
25 02:30:00 + gate/1 VMD
25 02:30:05 - gate/1 VMD
25 03:30:00 - nvr slow`},
		{"sunset", "sunset-1h gate motion", "2026-01-05 15:00", "1h", `
05 15:07:26 + gate/1 VMD
05 15:07:31 - gate/1 VMD`},
	} {
		span, err := time.ParseDuration(c.span)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(stage(t, s, c.text, c.from, span, 1), "\n"); got != strings.TrimSpace(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, strings.TrimSpace(c.want))
		}
	}
}

// What comes at random comes as often as was asked, on the same days at the same
// times whatever span is played, and by its own seed alone.
func TestRandom(t *testing.T) {
	s := testSite(t)
	starts := func(text, from string, span time.Duration, seed uint64) (times []string) {
		all, problems := Parse("f", text, s)
		begin, err := clock.ParseTime(from, s.Timezone)
		if err != nil || problems != nil {
			t.Fatal(err, problems)
		}
		clk := clock.NewVirtual(begin)
		p := Player{Clock: clk, Until: begin.Add(span), Seed: seed, Device: func(name string) *sim.Device {
			times = append(times, clk.Now().In(s.Timezone).Format("02 15:04:05 ")+name)
			return sim.New(sim.Options{Clock: clk, Model: sim.NVR})
		}}
		if problems := p.Play(all); problems != nil {
			t.Fatal(problems)
		}
		times = nil
		clk.Run(begin.Add(span))
		return times
	}
	const day = 24 * time.Hour
	whole := starts("random motion 40/day seed 7 for 1s", "2026-03-28 00:00", 3*day-time.Hour, 1)
	if len(whole) != 120 { // three dates, one of them of 23 hours
		t.Error(len(whole))
	}
	if other := starts("random motion 40/day seed 7 for 1s", "2026-03-28 00:00", 3*day-time.Hour, 2); !slices.Equal(whole, other) {
		t.Error("its own seed does not decide alone")
	}
	later := starts("random motion 40/day seed 7 for 1s", "2026-03-29 06:30", 12*time.Hour, 1)
	if len(later) < 10 || !slices.Equal(later, within(whole, "29 06:30:00", "29 18:30:00")) {
		t.Errorf("another span has other times:\n%s\nwant\n%s", strings.Join(later, "\n"), strings.Join(within(whole, "29 06:30:00", "29 18:30:00"), "\n"))
	}
	for _, device := range []string{"gate", "nvr", "warehouse", "bare"} {
		if !strings.Contains(strings.Join(whole, "\n"), device) {
			t.Errorf("%s is never drawn", device)
		}
	}
	a, b := starts("random gate motion 20/day", "2026-03-28 00:00", day, 1), starts("random gate motion 20/day", "2026-03-28 00:00", day, 2)
	if slices.Equal(a, b) || len(a) != 20 {
		t.Error(a, b)
	}
	night := starts("random gate/yard motion 20/day between 22:00-06:00", "2026-03-28 00:00", day, 1)
	if len(night) != 20 || len(within(night, "28 06:00:00", "28 22:00:00")) > 0 {
		t.Error(night)
	}
	if hourly := starts("random nvr/2 intrusion vehicle 4/hour", "2026-03-28 00:00", 10*time.Hour, 1); len(hourly) != 40 {
		t.Error(len(hourly))
	}
	if faults := starts("random offline 10/day for 1m seed 3", "2026-03-28 00:00", day, 1); len(faults) != 10 {
		t.Error(faults)
	}
}

func within(lines []string, from, to string) []string {
	var some []string
	for _, l := range lines {
		if l >= from && l < to {
			some = append(some, l)
		}
	}
	return some
}
