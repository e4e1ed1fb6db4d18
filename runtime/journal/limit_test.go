package journal

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

func run(kind Kind, n int, at time.Time) Entry {
	return Entry{Kind: kind, Time: at, Script: "s", Job: "j", Task: fmt.Sprintf("s/j#%d", n)}
}

// kinds is "begun x1, ended x30, ended x1 (20 more)" of what is on record.
func (d *desk) kinds() string {
	var text []string
	last, n := "", 0
	flush := func() {
		if n > 0 {
			text = append(text, fmt.Sprintf("%s x%d", last, n))
		}
		n = 0
	}
	for _, e := range d.read(Filter{Kinds: Kinds()}) {
		name := string(e.Kind)
		if e.Kind == Event {
			name = strings.TrimSpace(e.What + " " + e.Detail)
		}
		if e.Err != nil {
			name += " failed"
		}
		if e.Count > 0 {
			name += fmt.Sprintf(" (%d more)", e.Count)
		}
		if name != last {
			flush()
		}
		last = name
		n++
	}
	flush()
	return strings.Join(text, ", ")
}

// A run that is over soon is one entry; one that takes long has its begin on
// record while it goes on.
func TestTheBeginOfARunThatTakesLong(t *testing.T) {
	d := newDesk(t, Options{})
	d.write(run(RunBegun, 1, d.clk.Now()))
	d.clk.RunFor(3 * time.Second)
	d.write(run(RunEnded, 1, d.clk.Now()), run(RunBegun, 2, d.clk.Now()))
	d.clk.RunFor(time.Minute)
	if got := d.kinds(); got != "ended x1, begun x1" {
		t.Error(got)
	}
	d.write(run(RunEnded, 2, d.clk.Now()), run(RunBegun, 3, d.clk.Now()))
	d.close() // the host ends while it goes on
	if got := d.kinds(); got != "ended x1, begun x1, ended x1, begun x1" {
		t.Error(got)
	}
}

// What happens very often is counted, whatever it is: no flood pushes commands
// out of the journal.
func TestFloodsAreCounted(t *testing.T) {
	event := func(what, detail string) Entry {
		return Entry{Kind: Event, Device: "gate", Channel: 1, What: what, Detail: detail}
	}
	for name, c := range map[string]struct {
		entries []Entry // a thousand times, over 50 s
		want    string
	}{
		"runs":          {[]Entry{run(RunBegun, 1, noon), run(RunEnded, 1, noon)}, "ended x30, ended (970 more) x1"},
		"skipped":       {[]Entry{{Kind: RunSkipped, Script: "s", Job: "j"}}, "skipped x30, skipped (970 more) x1"},
		"emitted":       {[]Entry{{Kind: Event, Script: "s", What: "bell"}}, "bell x30, bell (970 more) x1"},
		"single events": {[]Entry{event("face", "start")}, "face start x30, face start (970 more) x1"},
		"notices":       {[]Entry{{Kind: Notice, Script: "s", What: "ops", Detail: "x"}}, "notice x30, notice (970 more) x1"},
		"failed tasks":  {[]Entry{{Kind: Failed, Script: "s", Err: errors.New("x")}}, "failed failed x30, failed failed (970 more) x1"},
		"loads":         {[]Entry{{Kind: Script, Script: "s", What: "reloaded"}}, "script x30, script (970 more) x1"},
	} {
		d := newDesk(t, Options{})
		for range 1000 {
			for _, e := range c.entries {
				e.Time = d.clk.Now()
				d.write(e)
			}
			d.clk.RunFor(50 * time.Millisecond)
		}
		d.clk.RunFor(time.Minute)
		if got := d.kinds(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		d.write(c.entries...)
		d.clk.RunFor(time.Minute)
		if got := d.kinds(); strings.Count(got, "more") != 1 {
			t.Errorf("%s: what comes after a quiet minute is not whole: %s", name, got)
		}
		if n := len(d.limit.subjects) + len(d.limit.begun); n != 0 || d.limit.timer != nil {
			t.Errorf("%s: %d subjects are kept in a quiet journal", name, n)
		}
	}
}

// An alarm that is on record has its end there, and one that was counted has not.
func TestAlarmsAreCountedWhole(t *testing.T) {
	d := newDesk(t, Options{})
	for range 50 {
		d.write(Entry{Kind: Event, Time: d.clk.Now(), Device: "gate", What: "motion", Detail: "start"})
		d.clk.RunFor(500 * time.Millisecond)
		d.write(Entry{Kind: Event, Time: d.clk.Now(), Device: "gate", What: "motion", Detail: "stop"})
	}
	d.clk.RunFor(2 * time.Minute)
	starts, stops, more := 0, 0, 0
	for _, e := range d.read(Filter{Kinds: []Kind{Event}}) {
		switch {
		case e.Count > 0:
			more += e.Count
		case e.Detail == "start":
			starts++
		default:
			stops++
		}
	}
	if starts != 30 || stops != 30 || more != 20 {
		t.Error(starts, stops, more)
	}
}

// Failures are not hidden behind what works, nor commands behind anything.
func TestFailuresAndCommandsPass(t *testing.T) {
	d := newDesk(t, Options{})
	for i := range 200 {
		e := run(RunEnded, i, d.clk.Now())
		if i == 150 {
			e.Err = errors.New("no answer")
		}
		d.write(run(RunBegun, i, d.clk.Now()), move, e)
	}
	d.clk.RunFor(2 * time.Minute)
	commands, failed := 0, 0
	for _, e := range d.read(Filter{Kinds: Kinds()}) {
		switch {
		case e.Kind == Command:
			commands++
		case e.Err != nil:
			failed++
		}
	}
	if commands != 200 || failed != 1 {
		t.Error(commands, failed)
	}
}

// A device that makes up types of events costs no memory without end.
func TestSubjectsAreBounded(t *testing.T) {
	d := newDesk(t, Options{Queue: 4})
	for i := range 5000 {
		d.Write(Entry{Kind: Event, Time: d.clk.Now(), Device: "gate", What: fmt.Sprint("x", i), Detail: "start"})
		d.Write(run(RunBegun, i, d.clk.Now()))
	}
	if s, b := len(d.limit.subjects), len(d.limit.begun); s > maxSubjects+2 || b > maxBegun {
		t.Error(s, b)
	}
}

// Many write at once while a minute ends, and while the journal does.
func TestLimitsUnderWay(t *testing.T) {
	d := newDesk(t, Options{})
	real, err := Open(d.dir, Options{Clock: clock.Real()})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				at := time.Now()
				real.Write(run(RunBegun, g*1000+i, at))
				real.Write(Entry{Kind: Event, Time: at, Device: "gate", What: "motion", Detail: "start"})
				real.Write(run(RunEnded, g*1000+i, at))
				if i%100 == 0 {
					real.sweep()
				}
			}
		})
	}
	wg.Wait()
	if err := real.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole, more := 0, 0
	for _, e := range d.read(Filter{Kinds: []Kind{RunBegun, RunEnded}}) {
		if e.Count > 0 {
			more += e.Count
		} else if e.Kind == RunEnded {
			whole++
		}
	}
	if whole != 30 || whole+more != 2000 {
		t.Error(whole, more)
	}
}
