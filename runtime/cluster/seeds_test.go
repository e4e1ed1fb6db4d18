package cluster

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

var (
	seeds = flag.Int("seeds", 60, "how many seeds TestSeeds tries")
	seed1 = flag.Int("seed", 1, "the first of them")
)

const (
	// span is how long a seed goes on, in virtual time.
	span = 200 * time.Second
	// lease and the rest are what fleet.md's section 8 says of a failover.
	lease       = 8 * time.Second
	othersWait  = lease + 500*time.Millisecond
	inTheMiddle = 6 * time.Second
)

// twoDomes is the site of the seeds.
const twoDomes = clusterOf + `devices:
  gate:
    simulate: ptz
    channels:
      yard: {address: 1}
  dock:
    simulate: ptz
    channels:
      ramp: {address: 1}
`

var seedScripts = map[string]string{
	// Moves, and counts what it has kept: a number is printed once it is kept.
	"scripts/sweep.lua": sweeping,
	"scripts/tour.lua": `local tour, ramp = require "hik.tour", hik.device("dock"):channel("ramp")
hik.at("12:00:30", {name = "tour"}, function() tour.run(ramp, {{preset = 1}, {preset = 2}, {preset = 3}}, {dwell = "3s"}) end)`,
	"scripts/cron.lua":  `hik.cron("* * * * *", function(run) print(os.date("!%H:%M", run.scheduled)) end)`,
	"scripts/alarm.lua": `hik.on("gate:motion", function(ev) print(ev.state or "start") end)`,
}

// A site of two domes on three hosts, to which things happen that a seed draws, one
// after another or two at once. What the cameras and the scripts say afterwards is
// judged.
func TestSeeds(t *testing.T) {
	notUnderRace(t)
	// Hosts come and go with all that they have: without this a fifth of the time goes
	// to what is dropped.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	var failed atomic.Bool
	t.Run("seed", func(t *testing.T) {
		for n := range howMany(*seeds) {
			seed := *seed1 + n
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				if failed.Load() {
					t.Skip("one that fails is enough to read")
				}
				defer func() {
					if t.Failed() {
						failed.Store(true)
					}
				}()
				runSeed(t, uint64(seed))
			})
		}
	})
}

// howMany is fewer where each costs more.
func howMany(n int) int {
	switch {
	case testing.Short():
		return min(n, 20)
	}
	return n
}

// trial is one seed.
type trial struct {
	*arena
	seed    uint64
	began   time.Time
	shaken  []time.Time // when anything happened
	broken  []time.Time // when something happened that no host could foresee
	elected []time.Time // when the engine began to elect a leader
	unheard []time.Time // when a host could hear the cameras again
	raised  time.Time   // the alarm
	release int
	starts  []time.Time // of terms
}

func runSeed(t *testing.T, seed uint64) {
	scripts := maps.Clone(seedScripts)
	if seed%4 != 0 {
		delete(scripts, "scripts/tour.lua") // to compile hik.tour is a third of a seed
	}
	a := newArena(t, twoDomes, scripts)
	// The testing package keeps what Cleanup was given until the last seed has ended.
	defer func() { *a = arena{over: true} }()
	a.rand = rand.New(rand.NewPCG(seed, 7))
	a.engine.Seed(seed)
	x := &trial{arena: a, seed: seed}
	for _, b := range a.boxes {
		b.rate = 1 + 200e-6*float64(a.rand.IntN(3)-1)
	}
	a.run(time.Duration(a.rand.Int64N(int64(time.Minute))))
	x.began = a.clk.Now()
	a.engine.SetTrouble(holdtest.Trouble{
		Jitter: time.Duration(a.rand.Int64N(int64(20 * time.Millisecond))), Lose: 0.01 * a.rand.Float64(),
		Late: 0.01 * a.rand.Float64(), LateBy: 2 * time.Second, Deaf: 0.05 * a.rand.Float64(),
	})
	a.startAll()
	a.run(20 * time.Second)
	x.raised = a.clk.Now()
	a.cameras["gate"].Raise(sim.Alert{Type: "motion", Channel: 1})
	for a.clk.Now().Sub(x.began) < span-50*time.Second {
		a.run(time.Duration(a.rand.Int64N(int64(25 * time.Second))))
		x.shake()
		if a.rand.IntN(4) == 0 {
			a.run(time.Duration(a.rand.Int64N(int64(2 * time.Second))))
			x.shake()
		}
	}
	a.run(x.began.Add(span).Sub(a.clk.Now()))
	holder := a.holder("site")
	a.end()
	if holder == "" {
		t.Error("at the end no host holds the share")
	}
	x.judge()
}

// shake has something happen.
func (x *trial) shake() {
	a := x.arena
	b := a.boxes[a.rand.IntN(len(a.boxes))]
	if holder := a.holder("site"); holder != "" && a.rand.IntN(3) > 0 {
		b = a.box(holder)
	}
	if b.process.ended || b.process.m.Dead() || b.process.m.Paused() || b.cut {
		return
	}
	x.shaken = append(x.shaken, a.clk.Now())
	for_ := time.Duration(a.rand.Int64N(int64(20 * time.Second)))
	m := b.process.m
	what := a.rand.IntN(9)
	if what < 5 || what == 6 { // neither a stop in order, nor a move or a release
		x.broken = append(x.broken, a.clk.Now())
	}
	switch what {
	case 0, 1:
		a.note(b.name, "kill")
		b.kill()
		x.later(for_, b.restart)
	case 2:
		a.note(b.name, "pause "+for_.String())
		m.Pause()
		x.later(for_, func() {
			if !m.Dead() {
				x.unheard = append(x.unheard, a.clk.Now())
				m.Resume()
			}
		})
		x.later(for_+10*time.Second, b.restart)
	case 3, 4:
		both := a.rand.IntN(2) == 0
		a.note(b.name, fmt.Sprint("cut ", for_, " from the cameras, too: ", both))
		a.engine.Cut(b.name)
		b.cut = both
		x.later(for_, func() {
			a.engine.Mend(b.name)
			if both {
				x.unheard = append(x.unheard, a.clk.Now())
			}
			b.cut = false
		})
	case 5:
		a.note(b.name, "stop in order")
		b.process.stop()
		x.later(for_+inTheMiddle, b.restart)
	case 6:
		a.note("engine", "election")
		x.elected = append(x.elected, a.clk.Now())
		a.engine.Stall()
	case 7:
		to := a.boxes[a.rand.IntN(len(a.boxes))]
		a.note(b.name, "move to "+to.name)
		m.Clock().Go(func() {
			if err := b.process.member.Move(context.Background(), "site", to.name); err != nil {
				a.note(b.name, "move: "+err.Error())
			}
		})
	case 8:
		x.release++
		a.note(b.name, fmt.Sprint("release ", x.release))
		b.write("scripts/extra.lua", fmt.Sprintf(`print("extra %d")`, x.release))
		m.Clock().Go(func() {
			if _, _, err := b.process.member.Release(context.Background()); err != nil {
				a.note(b.name, "release: "+err.Error())
			}
		})
	}
}

// later has f happen after a while.
func (x *trial) later(d time.Duration, f func()) {
	x.clk.AfterFunc(d, func() {
		if !x.over {
			x.clk.Go(f)
		}
	})
}

// within reports whether one of some times was up to d before at.
func within(times []time.Time, at time.Time, d time.Duration) bool {
	return slices.ContainsFunc(times, func(t time.Time) bool { return at.Sub(t) >= 0 && at.Sub(t) <= d })
}

// during counts the times from one time to another.
func during(times []time.Time, from, to time.Time) (n int) {
	for _, t := range times {
		if !t.Before(from) && !t.After(to) {
			n++
		}
	}
	return n
}

// judge judges the journal.
func (x *trial) judge() {
	t := x.t
	x.judgeStops()
	last := 0
	minutes := make(map[string]int)
	alarms := 0
	for text := range strings.SplitSeq(x.log.String(), "\n") {
		if at, found := strings.CutPrefix(text, `at="`); found && strings.Contains(text, "drives the devices") {
			since, err := time.Parse("04:05.000", at[:9])
			if err != nil {
				t.Fatal(err)
			}
			x.starts = append(x.starts, noon.Add(time.Duration(since.Minute())*time.Minute+time.Duration(since.Second())*time.Second+time.Duration(since.Nanosecond())))
		}
	}
	for _, l := range x.printed {
		switch l.script {
		case "sweep":
			var n int
			fmt.Sscan(l.text, &n)
			if n <= last {
				t.Errorf("I5: %s: %s has counted %d after %d: what was kept is lost", l.at.Format("04:05.000"), l.host, n, last)
			}
			last = n
		case "cron":
			if minutes[l.text]++; minutes[l.text] > 1 {
				t.Errorf("I4: %s: the run of %s began twice, now on %s", l.at.Format("04:05.000"), l.text, l.host)
			}
		case "alarm":
			if strings.HasPrefix(l.text, "start") {
				// A host that has not heard a camera for long, and goes on, takes the
				// alarm for another: so it does without a cluster.
				if alarms++; alarms > 1 && !within(x.unheard, l.at, 35*time.Second) && !x.toldInVain() {
					t.Errorf("I7: %s: the alarm was told again, on %s", l.at.Format("04:05.000"), l.host)
				}
			}
		}
	}
	for at := x.began.Truncate(time.Minute).Add(time.Minute); at.Before(x.began.Add(span - time.Second)); at = at.Add(time.Minute) {
		// The cluster must have been there by then.
		if at.Sub(x.began) > 15*time.Second && minutes[at.Format("15:04")] == 0 && !x.brokenOff(at) {
			t.Errorf("I4: the run of %s has not begun", at.Format("15:04"))
		}
	}
	if alarms == 0 {
		t.Error("I7: the alarm was not told")
	}
	x.arena.judge()
}

// toldInVain reports whether the host that told the alarm may have died before it could
// note that: an answer of the engine was lost, or an election kept the note from the log.
// The next one tells it again, for twice is better than never.
func (x *trial) toldInVain() bool {
	return during(x.broken, x.raised, x.raised.Add(2*time.Second)) > 0 ||
		slices.ContainsFunc(x.elected, func(e time.Time) bool {
			return within([]time.Time{e}, x.raised, 10*time.Second) && during(x.broken, e.Add(1), e.Add(12*time.Second)) > 0
		})
}

// brokenOff reports whether something happened in the moment in which a run begins, at
// its time or when a takeover makes up for it: that it begins is in the log then, which
// may take as long as an election, and its first line is not.
func (x *trial) brokenOff(at time.Time) bool {
	began := append([]time.Time{at}, x.starts...)
	// One that was paused over the time begins what was due, and lets go.
	if during(x.unheard, at, at.Add(30*time.Second)) > 0 {
		return true
	}
	return slices.ContainsFunc(x.broken, func(s time.Time) bool {
		return s.After(at.Add(-100*time.Millisecond)) && within(began, s, 12*time.Second)
	})
}

// judgeStops says which head was left moving for longer than a failover takes, I3.
func (x *trial) judgeStops() {
	moving := make(map[string]sent)
	for _, s := range x.sent {
		if since, moves := moving[s.device]; moves {
			// A move lasts 2 s. For each thing that happens meanwhile comes a failover,
			// which waits as long as no engine leads, and a second for each answer that
			// was lost.
			most := 2500 * time.Millisecond
			if n := during(x.shaken, since.at.Add(-10*time.Second), s.at); n > 0 {
				most += time.Duration(n)*(othersWait+2*time.Second) + time.Second*time.Duration(3+during(x.headless, since.at, s.at))
			}
			if went := s.at.Sub(since.at); went > most {
				x.t.Errorf("I3: %s moved for %v, until %s: %s", s.device, went, s.at.Format("04:05.000"), s.host)
			}
		}
		delete(moving, s.device)
		if s.what == "move" {
			moving[s.device] = s
		}
	}
}
