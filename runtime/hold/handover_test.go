package hold_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// handOver runs HandOver on a goroutine of the host's clock, and keeps what it gives.
func (p *process) handOver(ctx context.Context, to string) *handed {
	h := &handed{}
	p.m.Clock().Go(func() { h.err, h.done = p.holder.HandOver(ctx, to), true })
	return h
}

type handed struct {
	done bool
	err  error
}

func TestHandOver(t *testing.T) {
	for _, to := range []string{"right", "third"} {
		s := calmSim(t)
		p := s.heldBy(t, "left")
		h := p.handOver(context.Background(), to)
		ended, _ := s.await(t, "left", "ended", 10*time.Second)
		if h.done {
			t.Error("done before the engine has the record of it")
		}
		e, took := s.await(t, "", "Hold", time.Minute)
		between(t, "Hold after the end", took, 0, 150*time.Millisecond)
		if e.host != to || e.term <= ended.term {
			t.Errorf("%s holds under term %d after %d", e.host, e.term, ended.term)
		}
		if !h.done || h.err != nil {
			t.Errorf("HandOver: %t, %v", h.done, h.err)
		}
		s.clk.RunFor(time.Minute)
		if s.holder() != s.host(to) || p.m.Dead() || len(s.events) != 3 {
			t.Errorf("later: %v", s.events)
		}
	}
}

// The host that is given the share may be dead by then: the others wait for it as for
// a holder.
func TestHandOverToADeadHost(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	s.engine.Lead("left")
	s.host("third").process.m.Kill()
	s.host("third").config = func(c *hold.Config) { c.Host = "another" }
	p.handOver(context.Background(), "third")
	s.await(t, "left", "ended", 10*time.Second)
	e, took := s.await(t, "", "Hold", time.Minute)
	between(t, "Hold", took, 8400*time.Millisecond, 8700*time.Millisecond)
	if e.host == "another" {
		t.Error("what is not the host that the share was given to takes it at once")
	}
}

// Given to any, the host that gives it takes it only if no other does.
func TestHandOverToAny(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	p.handOver(context.Background(), "")
	s.await(t, "left", "ended", 10*time.Second)
	e, took := s.await(t, "", "Hold", time.Minute)
	between(t, "Hold", took, 0, 200*time.Millisecond)
	if e.host == "left" {
		t.Error("taken by the host that gives it")
	}
	for _, h := range s.hosts {
		h.process.holder.Want(h.name == e.host)
	}
	s.holder().process.handOver(context.Background(), "")
	s.await(t, e.host, "ended", 10*time.Second)
	again, took := s.await(t, "", "Hold", time.Minute)
	between(t, "Hold", took, 8400*time.Millisecond, 8700*time.Millisecond)
	if again.host != e.host || again.term <= e.term {
		t.Errorf("held by %s under term %d after %d", again.host, again.term, e.term)
	}
}

func TestHandOverOfWhatIsNotHeld(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	first, second := p.handOver(context.Background(), "right"), p.handOver(context.Background(), "third")
	other := s.host("third").process.handOver(context.Background(), "right")
	s.clk.RunFor(10 * time.Second)
	if !first.done || first.err != nil || s.holder() != s.host("right") {
		t.Errorf("first: %+v; holder %v", first, s.holder())
	}
	for _, h := range []*handed{second, other} {
		if !h.done || !errors.Is(h.err, hold.ErrNotHeld) {
			t.Errorf("not held: %+v", h)
		}
	}
}

// Tasks may take long to end: the lease is renewed meanwhile.
func TestTheLeaseIsRenewedWhileTheTermEnds(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	p.endTakes = 40 * time.Second
	h := p.handOver(context.Background(), "right")
	s.clk.RunFor(39 * time.Second)
	if st := p.holder.Status(); st.State != hold.Leaving || st.Renewed > 1100*time.Millisecond || s.holder() != s.host("left") {
		t.Errorf("while the term ends: %+v", st)
	}
	s.clk.RunFor(2 * time.Second)
	if !h.done || h.err != nil || s.holder() != s.host("right") {
		t.Errorf("after it: %+v, %v", h, s.events)
	}
}

// What was sent to devices may be on its way where a term did not end in order: the
// share is given later.
func TestHandOverOfATermThatIsBrokenOff(t *testing.T) {
	t.Run("ctx ended", func(t *testing.T) {
		s := calmSim(t)
		p := s.heldBy(t, "left")
		p.endTakes = 40 * time.Second
		ctx, stop := clock.WithTimeout(s.clk, context.Background(), 3*time.Second)
		defer stop()
		h := p.handOver(ctx, "right")
		ended, took := s.await(t, "left", "ended", 60*time.Second)
		between(t, "the end", took, 3*time.Second, 3*time.Second)
		e, _ := s.await(t, "right", "Hold", 10*time.Second)
		between(t, "Hold after the end", e.at.Sub(ended.at), 500*time.Millisecond, 700*time.Millisecond)
		if !errors.Is(h.err, hold.ErrUnknown) || !errors.Is(h.err, context.DeadlineExceeded) {
			t.Errorf("HandOver: %+v", h)
		}
	})
	t.Run("lapse", func(t *testing.T) {
		s := calmSim(t)
		p := s.heldBy(t, "left")
		p.endTakes = 7300 * time.Millisecond
		s.afterRenewal(p)
		h := p.handOver(context.Background(), "right")
		s.host("left").cutFromCluster(7600 * time.Millisecond)
		s.await(t, "left", "LetGo", 20*time.Second)
		ended, _ := s.await(t, "left", "ended", 60*time.Second)
		p.holder.Want(true) // has Run look again, and HandOver wait on
		e, _ := s.await(t, "right", "Hold", 10*time.Second)
		between(t, "Hold after the end", e.at.Sub(ended.at), 500*time.Millisecond, 700*time.Millisecond)
		if s.clk.RunFor(10 * time.Millisecond); !h.done || h.err != nil {
			t.Errorf("HandOver: %+v", h)
		}
	})
}

// Without an answer of the engine the share is not given: this host goes on with it
// when that is back, if it wants it.
func TestHandOverWithoutTheEngine(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	p.endTakes = time.Second
	s.engine.Least, s.engine.Most = 5*time.Second, 5*time.Second
	s.engine.Stall()
	term := p.gate.term
	h := p.handOver(context.Background(), "right")
	s.await(t, "left", "ended", 10*time.Second)
	e, took := s.await(t, "", "Hold", 10*time.Second)
	between(t, "Hold", took, 2*time.Second, 5*time.Second)
	if e.host != "left" || e.term != term || !errors.Is(h.err, hold.ErrUnknown) {
		t.Errorf("%s holds under term %d after %d; HandOver: %+v", e.host, e.term, term, h)
	}
}

// deafToFree is an engine whose answer is lost when a share is given.
type deafToFree struct{ hold.Engine }

func (e deafToFree) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	seq, err := e.Engine.CAS(ctx, cell, after, data)
	var r hold.Record
	if json.Unmarshal(data, &r) == nil && r.Free {
		return 0, hold.ErrUnknown
	}
	return seq, err
}

// The engine may have the record although its answer was lost.
func TestHandOverWhoseAnswerIsLost(t *testing.T) {
	s := calmSim(t)
	s.host("left").config = func(c *hold.Config) { c.Engine = deafToFree{c.Engine} }
	p := s.heldBy(t, "left")
	s.host("right").process.holder.Want(false)
	p.endTakes = 0
	h := p.handOver(context.Background(), "right")
	s.await(t, "left", "ended", time.Minute)
	s.clk.RunFor(500 * time.Millisecond)
	if data, _ := s.engine.Value("lease.site"); !h.done || h.err != nil || !strings.Contains(string(data), `"to":"right"`) {
		t.Errorf("HandOver: %+v; the record is %s", h, data)
	}
}

// An orderly end of the process needs no failover.
func TestTheEndOfRunGivesTheShareToAny(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	p.stop()
	s.await(t, "left", "ended", 10*time.Second)
	if p.ended {
		t.Error("Run has returned before the engine has the record of it")
	}
	e, took := s.await(t, "", "Hold", time.Minute)
	between(t, "Hold after the end", took, 0, 200*time.Millisecond)
	if e.host == "left" || !p.ended {
		t.Errorf("held by %s; Run has returned: %t", e.host, p.ended)
	}
	data, _ := s.engine.Value("lease.site")
	var r hold.Record
	if json.Unmarshal(data, &r) != nil || r.Host != e.host {
		t.Errorf("the record is %s", data)
	}
}

func TestTheEndOfRunWithoutTheEngine(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	s.host("left").cutFromCluster(time.Minute)
	p.stop()
	s.clk.RunFor(8 * time.Second)
	if !p.ended || s.holder() != nil {
		t.Errorf("Run has returned: %t; told %v", p.ended, s.events)
	}
	watcher := s.host("right").process
	watcher.stop()
	s.clk.RunFor(10 * time.Millisecond)
	if !watcher.ended {
		t.Error("a Holder that only watches does not end at once")
	}
}
