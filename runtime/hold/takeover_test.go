package hold_test

import (
	"context"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// calmSim is a site to which only that happens which the test does. All clocks are
// alike.
func calmSim(t *testing.T) *sim {
	s := newSim(1, without{}, testLog{t})
	s.calm = true
	for _, h := range s.hosts {
		h.rate = 1
	}
	t.Cleanup(func() {
		for _, fault := range append(s.faults, s.device.Stale...) {
			t.Error(fault)
		}
		s.end(t)
	})
	return s
}

// testLog is a log that is shown where the test fails.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(string(b[:len(b)-1]))
	return len(b), nil
}

func (s *sim) host(name string) *simHost {
	for _, h := range s.hosts {
		if h.name == name {
			return h
		}
	}
	panic(name)
}

// holder is the host whose gate is open; nil: none.
func (s *sim) holder() *simHost {
	for _, h := range s.hosts {
		if g := h.process.gate; g != nil && g.open() {
			return h
		}
	}
	return nil
}

// heldBy starts the hosts and has one of them hold the share, that another one leads
// the engine of.
func (s *sim) heldBy(t *testing.T, name string) *process {
	t.Helper()
	h := s.host(name)
	s.start()
	for _, other := range s.hosts {
		other.process.holder.Want(other == h)
	}
	s.clk.RunFor(12 * time.Second)
	for _, other := range s.hosts {
		other.process.holder.Want(true)
	}
	if s.holder() != h {
		t.Fatalf("%s does not hold the share: %v", name, s.events)
	}
	s.events = nil
	return h.process
}

// afterRenewal runs until a renewal was confirmed.
func (s *sim) afterRenewal(p *process) {
	for p.holder.Status().Renewed > 20*time.Millisecond {
		s.clk.RunFor(time.Millisecond)
	}
}

// await runs until a driver is told something, and gives how long that took.
func (s *sim) await(t *testing.T, host, what string, within time.Duration) (event, time.Duration) {
	t.Helper()
	began, seen := s.clk.Now(), len(s.events)
	for s.clk.Now().Sub(began) < within {
		s.clk.RunFor(time.Millisecond)
		for _, e := range s.events[seen:] {
			if (host == "" || e.host == host) && e.what == what {
				return e, s.clk.Now().Sub(began)
			}
		}
		seen = len(s.events)
	}
	t.Fatalf("%s %s does not come within %s: %v", host, what, within, s.events)
	panic("")
}

func between(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s after %s, not within %s to %s", what, got, least, most)
	}
}

// The first share of a cluster may be held by a host that an engine which has lost its
// disks knows nothing of.
func TestNoRecordIsLikeARecord(t *testing.T) {
	s := calmSim(t)
	s.start()
	_, took := s.await(t, "", "Hold", time.Minute)
	between(t, "the first claim", took, 8500*time.Millisecond, 8600*time.Millisecond)

	// Where this system has no kernel timer, that host may have none either.
	s = calmSim(t)
	for _, h := range s.hosts {
		h.config = func(c *hold.Config) { c.Deadman = nil }
	}
	s.start()
	_, took = s.await(t, "", "Hold", time.Minute)
	between(t, "the first claim without a kernel timer", took, 10*time.Second, 10100*time.Millisecond)
}

func TestFirstClaimsAtOnce(t *testing.T) {
	s := calmSim(t)
	s.host("right").config = func(c *hold.Config) { c.First = true }
	s.start()
	e, took := s.await(t, "", "Hold", time.Minute)
	between(t, "the first claim", took, 0, 50*time.Millisecond)
	if e.host != "right" || e.term == 0 {
		t.Errorf("held by %s under term %d", e.host, e.term)
	}
	s.clk.RunFor(time.Minute)
	if n := len(s.events); n != 1 {
		t.Errorf("in a calm minute: %v", s.events)
	}
}

// While "lease:" changes from host to host, the holder may count on a longer one than
// the host that would take over.
func TestLongerLeaseOfTheHolder(t *testing.T) {
	s := calmSim(t)
	for _, h := range s.hosts {
		h.config = func(c *hold.Config) { c.Lease = 4 * time.Second }
	}
	s.host("left").config = func(c *hold.Config) {
		c.Lease, c.First = 16*time.Second, true
	}
	p := s.heldBy(t, "left")
	s.afterRenewal(p)
	s.host("left").cutFromCluster(time.Minute)
	s.await(t, "left", "Wane", 20*time.Second)
	_, took := s.await(t, "", "Hold", 20*time.Second)
	between(t, "the claim after the heads were stopped", took, 4*time.Second, 6*time.Second)
}

// The lease counts from the last try that was sent, which was up to a second before.
func TestTakeover(t *testing.T) {
	for what, befall := range map[string]func(s *sim, h *simHost){
		"killed":  func(s *sim, h *simHost) { h.process.m.Kill() },
		"stopped": func(s *sim, h *simHost) { h.pause(time.Minute) },
		"cut off": func(s *sim, h *simHost) { h.cutFromCluster(time.Minute) },
	} {
		t.Run(what, func(t *testing.T) {
			for offset := time.Duration(0); offset < time.Second; offset += 130 * time.Millisecond {
				s := calmSim(t)
				p := s.heldBy(t, "left")
				s.host("left").config = func(c *hold.Config) { c.ID += ", another disk" } // no quick way back
				s.clk.RunFor(offset)
				befall(s, p.host)
				e, took := s.await(t, "", "Hold", time.Minute)
				between(t, "another host holds", took, 7400*time.Millisecond, 8600*time.Millisecond)
				if e.host == "left" || e.term <= p.gate.term {
					t.Errorf("%s holds under term %d after %d", e.host, e.term, p.gate.term)
				}
				if what == "stopped" && s.killed != 1 {
					t.Error("the kernel timer has not killed the host that was stopped")
				}
				if what == "cut off" {
					if len(s.events) != 3 || s.events[0].what != "Wane" || s.events[1].what != "LetGo" {
						t.Fatalf("told: %v", s.events)
					}
					between(t, "Wane before LetGo", s.events[1].at.Sub(s.events[0].at), 999*time.Millisecond, 1001*time.Millisecond)
					between(t, "LetGo before the next Hold", e.at.Sub(s.events[1].at), 990*time.Millisecond, 1100*time.Millisecond)
				}
			}
		})
	}
}

// With the host the leader of the engine dies, and the election lasts at most 9 s.
func TestTakeoverWithAnElection(t *testing.T) {
	for seed := range uint64(20) {
		s := calmSim(t)
		s.engine.Seed(seed)
		p := s.heldBy(t, "left")
		s.engine.Lead("left")
		p.m.Kill()
		s.host("left").config = func(c *hold.Config) { c.ID += ", another disk" }
		_, took := s.await(t, "", "Hold", time.Minute)
		between(t, "another host holds", took, 7400*time.Millisecond, 10200*time.Millisecond)
	}
}

// A watcher that heard the last try counts from that, although it learns later from
// the engine that it was taken.
func TestAgeCountsFromHearing(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		s := calmSim(t)
		var slow []*mute
		for _, name := range []string{"right", "third"} {
			s.host(name).config = func(c *hold.Config) {
				m := &mute{Engine: c.Engine}
				slow, c.Engine = append(slow, m), m
			}
		}
		p := s.heldBy(t, "left")
		if deaf {
			s.engine.SetTrouble(holdtest.Trouble{Deaf: 1})
		}
		s.host("left").config = func(c *hold.Config) { c.ID += ", another disk" }
		for _, m := range slow {
			m.on = true
		}
		s.clk.RunFor(2 * time.Second)
		p.m.Kill()
		s.clk.RunFor(5 * time.Second)
		for _, m := range slow {
			m.on = false
		}
		_, took := s.await(t, "", "Hold", time.Minute)
		if deaf {
			// The record may have been sent just before it was seen.
			between(t, "another host holds", took, 8500*time.Millisecond, 9700*time.Millisecond)
		} else {
			between(t, "another host holds", took, 2400*time.Millisecond, 3600*time.Millisecond)
		}
	}
}

// mute is an engine whose answer to Last is lost.
type mute struct {
	hold.Engine
	on bool
}

func (m *mute) Last(ctx context.Context, cell string) ([]byte, uint64, error) {
	data, seq, err := m.Engine.Last(ctx, cell)
	if m.on {
		return nil, 0, hold.ErrUnknown
	}
	return data, seq, err
}

// A new process of the same data folder knows that the one before is dead.
func TestOwnRecordIsTakenAtOnce(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	s.host("left").restart = 2 * time.Second
	s.engine.Lead("right")
	p.m.Kill()
	e, took := s.await(t, "left", "Hold", time.Minute)
	between(t, "held again", took, 2*time.Second, 2050*time.Millisecond)
	if e.term <= p.gate.term {
		t.Errorf("term %d after %d", e.term, p.gate.term)
	}
}

// Where the engine has no majority the holder lets go, and goes on under its term when
// the engine is back.
func TestLapse(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	for _, other := range []string{"right", "third"} {
		s.host(other).process.holder.Want(false) // else the first to ask has it
		s.host(other).cutFromCluster(30 * time.Second)
	}
	term := p.gate.term
	s.clk.RunFor(20 * time.Second)
	if len(s.events) != 2 || s.events[0].what != "Wane" || s.events[1].what != "LetGo" || s.holder() != nil {
		t.Fatalf("told: %v", s.events)
	}
	s.clk.RunFor(10 * time.Second)
	e, took := s.await(t, "", "Hold", time.Minute)
	between(t, "held again", took, 4*time.Second, 10100*time.Millisecond) // an election, and a second
	if e.host != "left" || e.term != term {
		t.Errorf("%s holds under term %d; it was left under %d", e.host, e.term, term)
	}
}

func TestWaneAndResume(t *testing.T) {
	s := calmSim(t)
	s.engine.Least, s.engine.Most = 6200*time.Millisecond, 6200*time.Millisecond
	p := s.heldBy(t, "left")
	s.afterRenewal(p)
	s.engine.Stall()
	term := p.gate.term
	s.clk.RunFor(20 * time.Second)
	if len(s.events) != 2 || s.events[0].what != "Wane" || s.events[1].what != "Resume" {
		t.Fatalf("told: %v", s.events)
	}
	between(t, "Resume", s.events[1].at.Sub(s.events[0].at), time.Millisecond, 1500*time.Millisecond)
	if st := p.holder.Status(); st.State != hold.Held || st.Term != term {
		t.Errorf("status %+v", st)
	}
}

// Another may have the share although this host renews: it was paused with its clock,
// as a virtual machine can be.
func TestAnothersRecordEndsATenureAtOnce(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	s.clk.Do(func() {
		_, number := s.engine.Value("lease.site")
		if _, err := s.engine.Member("right", s.clk).CAS(context.Background(), "lease.site", number, []byte(`{"host":"right","id":"x","session":"y","n":1}`)); err != nil {
			t.Error(err)
		}
	})
	_, took := s.await(t, "left", "LetGo", 2*time.Second)
	between(t, "LetGo", took, 0, 1200*time.Millisecond)
	if p.holder.Status().State != hold.Watching {
		t.Errorf("status %+v", p.holder.Status())
	}
	s.events = nil
	_, took = s.await(t, "", "Hold", time.Minute) // y renews nothing
	between(t, "the next", took, 6*time.Second, 8600*time.Millisecond)
}

// hung is an engine that does not come back once it is on, whatever ctx says.
type hung struct {
	hold.Engine
	clk clock.Clock
	on  bool
}

func (h *hung) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	if h.on {
		clock.Sleep(context.Background(), h.clk, time.Minute)
	}
	return h.Engine.CAS(ctx, cell, after, data)
}

// The end of a tenure does not depend on a call of the engine that comes back.
func TestLetGoWhileTheEngineHangs(t *testing.T) {
	s := calmSim(t)
	h := &hung{}
	s.host("left").config = func(c *hold.Config) {
		h.Engine, h.clk = c.Engine, c.Clock
		c.Engine = h
	}
	p := s.heldBy(t, "left")
	h.on = true
	_, took := s.await(t, "left", "LetGo", 20*time.Second)
	between(t, "LetGo", took, 6500*time.Millisecond, 7600*time.Millisecond)
	s.clk.RunFor(5 * time.Second)
	if p.m.Dead() {
		t.Error("killed by the kernel timer, though it has let go in time")
	}
}

// A write that was checked and does not come to an end keeps the gate from shutting:
// the kernel timer ends it.
func TestTheKernelTimerEndsWhatLetGoCannot(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	s.host("left").cutFromCluster(time.Minute)
	p.gate.writing++ // for good
	s.await(t, "left", "LetGo", 20*time.Second)
	if p.m.Dead() {
		t.Error("killed before the end of the lease")
	}
	s.clk.RunFor(520 * time.Millisecond)
	if !p.m.Dead() || s.killed != 1 {
		t.Error("not killed at the end of the lease")
	}
	p.gate.writing--
	p.gate.none.Wake()
}
