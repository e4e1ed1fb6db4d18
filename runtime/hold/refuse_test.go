package hold_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
)

func TestWant(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	for _, h := range s.hosts {
		h.process.holder.Want(false)
	}
	s.clk.RunFor(30 * time.Second)
	if s.holder() != s.host("left") {
		t.Error("a share that is held is let go by Want(false)")
	}
	s.host("left").config = func(c *hold.Config) { c.ID += ", another disk" }
	p.m.Kill()
	for s.host("left").process == p {
		s.clk.RunFor(time.Millisecond)
	}
	s.host("left").process.holder.Want(false)
	s.events = nil
	s.clk.RunFor(time.Minute)
	if len(s.events) > 0 {
		t.Errorf("held by what does not want it: %v", s.events)
	}
	s.host("third").process.holder.Want(true)
	_, took := s.await(t, "third", "Hold", time.Minute)
	between(t, "Hold", took, 0, 50*time.Millisecond)
}

// A folder that was copied to another machine with its name in it is another host, and
// neither takes the other's record for its own.
func TestTwin(t *testing.T) {
	s := calmSim(t)
	s.host("left").config = func(c *hold.Config) { c.Deadman = nil }
	p := s.heldBy(t, "left")
	twin := s.host("third")
	twin.process.stop()
	twin.config = func(c *hold.Config) { c.Host, c.ID = "left", "another id" }
	s.clk.RunFor(25 * time.Second)
	if st := twin.process.holder.Status(); st.Twin != "id of left" || st.State != hold.Watching {
		t.Fatalf("the twin knows %+v", st)
	}
	s.host("right").process.holder.Want(false)
	for _, want := range []bool{true, false} { // what is given to left is not the twin's
		p.holder.Want(want)
		p.endTakes = 0
		p.handOver(context.Background(), "left")
		s.await(t, "left", "ended", time.Minute)
		e, took := s.await(t, "", "Hold", time.Minute)
		if want {
			between(t, "Hold", took, 0, 50*time.Millisecond)
		} else {
			between(t, "Hold", took, 8400*time.Millisecond, 8600*time.Millisecond)
		}
		if (e.host == "left") != want {
			t.Errorf("held by %s: %v", e.host, s.events)
		}
		if !want {
			s.holder().process.handOver(context.Background(), "left")
			p.holder.Want(true)
			twin.process.holder.Want(false)
			s.await(t, "left", "Hold", time.Minute)
			twin.process.holder.Want(true)
		}
	}
	s.clk.RunFor(5 * time.Second)
	s.engine.Lead("right")
	p.m.Kill()
	s.host("left").config = func(c *hold.Config) { c.Host, c.ID = "new name", "new id" }
	e, took := s.await(t, "", "Hold", time.Minute)
	between(t, "Hold", took, 8900*time.Millisecond, 10100*time.Millisecond)
	if e.host != "third" {
		t.Fatalf("held by %s", e.host)
	}
	s.clk.RunFor(10 * time.Second)
	if st := twin.process.holder.Status(); st.Twin != "" || st.State != hold.Held {
		t.Errorf("long after the death of the other: %+v", st)
	}
}

// A machine whose disk was copied from another's, as two small boxes often are, has the
// same machine-id and the same folder, and a name of its own alone.
func TestACopiedDiskIsNoEarlierProcess(t *testing.T) {
	s := calmSim(t)
	s.host("third").config = func(c *hold.Config) { c.ID = "id of left" }
	s.heldBy(t, "left")
	s.clk.RunFor(time.Minute)
	if len(s.events) > 0 || s.holder() != s.host("left") {
		t.Errorf("a share that is held well was taken: %v", s.events)
	}
}

// none is a system without a kernel timer.
type none struct{}

func (none) Arm(hold.BootTime) error { return errors.New("there is none") }

func (none) Disarm() { panic("what was not armed is disarmed") }

// Where no kernel timer ends a holder in time the others wait longer.
func TestWithoutAKernelTimer(t *testing.T) {
	for _, d := range []hold.Deadman{nil, none{}} {
		s := calmSim(t)
		s.host("left").config = func(c *hold.Config) { c.Deadman = d }
		p := s.heldBy(t, "left")
		if r := s.host("right").process.holder.Status().Record; !r.Unguarded {
			t.Errorf("the others know of %+v", r)
		}
		s.host("left").cutFromCluster(12 * time.Second)
		e, took := s.await(t, "", "Hold", time.Minute)
		between(t, "Hold", took, 8900*time.Millisecond, 10100*time.Millisecond)
		if p.m.Dead() || e.host == "left" {
			t.Errorf("dead: %t; held by %s", p.m.Dead(), e.host)
		}
		s.clk.RunFor(5 * time.Second)
		s.engine.Lead("left")
		s.holder().process.m.Kill()
		_, took = s.await(t, "", "Hold", time.Minute) // that one had a kernel timer
		between(t, "Hold", took, 0, 8600*time.Millisecond)
	}
}

// failing is a kernel timer that cannot be set any more once it is on.
type failing struct {
	hold.Deadman
	on bool
}

func (f *failing) Arm(at hold.BootTime) error {
	if f.on {
		return errors.New("no resources")
	}
	return f.Deadman.Arm(at)
}

// A host whose kernel timer fails lets go in time, and tells the others then that it
// has none.
func TestAKernelTimerThatFailsLater(t *testing.T) {
	s := calmSim(t)
	f := &failing{}
	s.host("left").config = func(c *hold.Config) {
		f.Deadman = c.Deadman
		c.Deadman = f
	}
	p := s.heldBy(t, "left")
	f.on = true
	s.await(t, "left", "LetGo", 8*time.Second)
	s.await(t, "left", "Hold", 2*time.Second)
	s.clk.RunFor(20 * time.Second)
	if r := s.host("right").process.holder.Status().Record; s.holder() != s.host("left") || p.m.Dead() || !r.Unguarded {
		t.Errorf("dead: %t; the others know of %+v; told %v", p.m.Dead(), r, s.events)
	}
}

// A process that was stopped while its claim was answered does not hold what has
// run out meanwhile.
func TestALateAnswerIsNone(t *testing.T) {
	s := calmSim(t)
	s.host("left").config = func(c *hold.Config) { c.First = true }
	s.start()
	p := s.host("left").process
	for _, h := range s.hosts {
		h.process.holder.Want(h.name == "left")
	}
	for number := uint64(0); number == 0; _, number = s.engine.Value("lease.site") {
		s.clk.RunFor(100 * time.Microsecond)
	}
	if len(s.events) > 0 {
		t.Fatal("held before the answer has come")
	}
	p.m.Pause() // but not its engine
	s.clk.RunFor(7600 * time.Millisecond)
	p.m.Resume()
	s.clk.RunFor(time.Millisecond)
	if len(s.events) > 0 || p.holder.Status().State != hold.Watching {
		t.Errorf("a claim of which the end has come is held: %v", s.events)
	}
	e, took := s.await(t, "left", "Hold", 5*time.Second) // the record is its own
	between(t, "Hold", took, 0, 1100*time.Millisecond)
	if e.term != 1 {
		t.Errorf("term %d", e.term)
	}
}

// A renewal that is answered late, and one that is older, make no lease longer.
func TestALateRenewal(t *testing.T) {
	s := calmSim(t)
	s.host("left").config = func(c *hold.Config) { c.Deadman = nil }
	p := s.heldBy(t, "left")
	var after time.Duration
	for after = p.holder.Status().Renewed; p.holder.Status().Renewed >= after; {
		after = p.holder.Status().Renewed
		_, before := s.engine.Value("lease.site")
		s.clk.RunFor(100 * time.Microsecond)
		if _, number := s.engine.Value("lease.site"); number > before {
			break // the answer is on its way
		}
	}
	p.m.Pause()
	s.clk.RunFor(7600 * time.Millisecond)
	p.m.Resume()
	s.clk.RunFor(10 * time.Millisecond)
	if len(s.events) == 0 || s.events[len(s.events)-1].what != "LetGo" && s.events[0].what != "LetGo" {
		t.Errorf("told: %v", s.events)
	}
	s.clk.RunFor(20 * time.Second)
}

// may looks at the clock itself: the timer of the process may be late.
func TestMayEndsWithoutATimer(t *testing.T) {
	s := calmSim(t)
	s.host("right").config = func(c *hold.Config) { c.First = true }
	s.start()
	for _, renewed := range []bool{false, true} {
		if renewed {
			s.clk.RunFor(2500 * time.Millisecond)
		} else {
			s.await(t, "right", "Hold", time.Second)
		}
		p := s.holder().process
		sent := s.clk.Now().Add(-p.holder.Status().Renewed)
		p.m.Pause()
		s.clk.Run(sent.Add(7499 * time.Millisecond))
		if !p.gate.may() {
			t.Errorf("renewed %t: may says no before the end", renewed)
		}
		s.clk.Run(sent.Add(7501 * time.Millisecond))
		if p.gate.may() {
			t.Errorf("renewed %t: may says yes after the end", renewed)
		}
		p.m.Resume()
		s.await(t, "right", "Hold", 2*time.Second) // a lapse
	}
}

// What stands in the cell and cannot be read is of a host that may hold the share,
// whatever the part says that can be.
func TestAnUnreadableRecord(t *testing.T) {
	for _, record := range []string{"{", `{"free":true,"n":"x"}`} {
		s := calmSim(t)
		s.clk.Do(func() {
			if _, err := s.engine.Member("left", s.clk).CAS(context.Background(), "lease.site", 0, []byte(record)); err != nil {
				t.Error(err)
			}
		})
		s.host("left").config = func(c *hold.Config) { c.First = true }
		s.start()
		_, took := s.await(t, "", "Hold", time.Minute)
		between(t, "Hold", took, 8500*time.Millisecond, 8600*time.Millisecond)
	}
}

// A tenure's may says no for good once that is over, also while a later one is held.
func TestMayIsOfOneTenure(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	old := p.gate
	for _, name := range []string{"right", "third"} {
		s.host(name).process.holder.Want(false)
		s.host(name).cutFromCluster(10 * time.Second)
	}
	s.await(t, "left", "LetGo", 20*time.Second)
	s.await(t, "left", "Hold", 40*time.Second)
	if old.may() || !p.gate.may() {
		t.Errorf("may of the first: %t, of the second: %t", old.may(), p.gate.may())
	}
	if n := testing.AllocsPerRun(100, func() { p.gate.may() }); n > 0 {
		t.Errorf("may allocates %v times", n)
	}
}

// A lease of another length has its own times.
func TestLeaseOfAnotherLength(t *testing.T) {
	for _, c := range []struct{ lease, wane, letGo, claim time.Duration }{
		{4 * time.Second, 2500 * time.Millisecond, 3500 * time.Millisecond, 4500 * time.Millisecond},
		{8 * time.Second, 6500 * time.Millisecond, 7500 * time.Millisecond, 8500 * time.Millisecond},
		{32 * time.Second, 26 * time.Second, 30 * time.Second, 34 * time.Second},
	} {
		s := calmSim(t)
		for _, h := range s.hosts {
			h.config = func(config *hold.Config) { config.Lease = c.lease }
		}
		s.host("right").config = func(config *hold.Config) { config.Lease, config.First = c.lease, true }
		s.start()
		s.clk.RunFor(20 * time.Second)
		p := s.holder().process
		s.afterRenewal(p)
		s.events = nil
		sent := s.clk.Now().Add(-p.holder.Status().Renewed)
		s.host("right").cutFromCluster(time.Minute)
		for i, want := range []time.Duration{c.wane, c.letGo, c.claim} {
			e, _ := s.await(t, "", []string{"Wane", "LetGo", "Hold"}[i], time.Minute)
			between(t, e.what, e.at.Sub(sent), want-time.Millisecond, want+30*time.Millisecond)
		}
	}
}

// A machine that was started anew has another ID, and finds its own record: that is of
// no other host, and runs out like any.
func TestMachineStartedAnew(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	for _, name := range []string{"right", "third"} {
		s.host(name).process.holder.Want(false)
	}
	s.engine.Lead("right")
	p.m.Kill()
	left := s.host("left")
	left.config = func(c *hold.Config) { c.ID = "id after the start" }
	s.clk.RunFor(5 * time.Second)
	if st := left.process.holder.Status(); st.Twin != "" || st.State != hold.Watching {
		t.Errorf("before its record has run out: %+v", st)
	}
	e, took := s.await(t, "", "Hold", time.Minute)
	if e.host != "left" || took > 8*time.Second {
		t.Errorf("held by %s after 5 s and %v", e.host, took)
	}
}
