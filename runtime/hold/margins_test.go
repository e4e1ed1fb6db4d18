package hold_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// forgetful is an engine that does what it is asked once, and loses the answer.
type forgetful struct {
	hold.Engine
	on bool
}

func (f *forgetful) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	seq, err := f.Engine.CAS(ctx, cell, after, data)
	if f.on {
		f.on = false
		return 0, hold.ErrUnknown
	}
	return seq, err
}

// A renewal that the engine has taken, and whose answer was lost, costs nothing.
func TestARenewalWhoseAnswerIsLost(t *testing.T) {
	s := calmSim(t)
	f := &forgetful{}
	s.host("left").config = func(c *hold.Config) {
		f.Engine = c.Engine
		c.Engine = f
	}
	p := s.heldBy(t, "left")
	f.on = true
	s.clk.RunFor(1500 * time.Millisecond)
	if st := p.holder.Status(); f.on || st.Renewed > 1100*time.Millisecond {
		t.Errorf("confirmed %s ago", st.Renewed)
	}
	s.clk.RunFor(20 * time.Second)
	if len(s.events) > 0 {
		t.Errorf("told: %v", s.events)
	}
}

// failed is an engine that fails at once, as one without a connection may.
type failed struct {
	hold.Engine
	on    bool
	tries int
}

func (f *failed) fails() bool {
	if f.on {
		f.tries++
	}
	if f.tries > 1000 {
		panic("the engine is pressed")
	}
	return f.on
}

func (f *failed) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	if f.fails() {
		return 0, hold.ErrUnknown
	}
	return f.Engine.CAS(ctx, cell, after, data)
}

func (f *failed) Last(ctx context.Context, cell string) ([]byte, uint64, error) {
	if f.fails() {
		return nil, 0, hold.ErrUnknown
	}
	return f.Engine.Last(ctx, cell)
}

// Whatever a holder does, it gives an engine that fails at once some time.
func TestAHolderDoesNotPressAnEngineThatFails(t *testing.T) {
	for what, do := range map[string]func(s *sim, p *process){
		"renews":      func(*sim, *process) {},
		"confirms":    func(_ *sim, p *process) { p.confirm(time.Minute) },
		"watches":     func(s *sim, _ *process) { s.await(t, "left", "LetGo", 10*time.Second) },
		"hands over":  func(_ *sim, p *process) { p.handOver(context.Background(), "right") },
		"is to claim": func(s *sim, p *process) { p.handOver(context.Background(), "left") },
	} {
		t.Run(what, func(t *testing.T) {
			s := calmSim(t)
			f := &failed{}
			s.host("left").config = func(c *hold.Config) {
				f.Engine = c.Engine
				c.Engine = f
			}
			p := s.heldBy(t, "left")
			p.endTakes = 0
			f.on = true
			began := s.clk.Now()
			do(s, p)
			s.clk.RunFor(5 * time.Second)
			if most := int(12 * s.clk.Now().Sub(began) / time.Second); f.tries > most {
				t.Errorf("%d tries in %s", f.tries, s.clk.Now().Sub(began))
			}
			f.on = false
		})
	}
}

// What a term's gate asks says no once that has ended in order, whenever the answer to a
// renewal comes, and the kernel timer is off.
func TestARenewalThatIsAnsweredAfterTheEnd(t *testing.T) {
	for offset := time.Duration(0); offset < time.Second; offset += 90 * time.Millisecond {
		s := calmSim(t)
		p := s.heldBy(t, "left")
		s.engine.SetTrouble(holdtest.Trouble{Delay: 200 * time.Millisecond})
		s.clk.RunFor(5*time.Second + offset)
		old := p.gate
		s.host("right").process.holder.Want(false)
		s.host("third").process.holder.Want(false)
		p.endTakes = 0
		p.handOver(context.Background(), "right")
		s.await(t, "left", "ended", 10*time.Second)
		for range 100 {
			s.clk.RunFor(20 * time.Millisecond)
			if old.may() {
				t.Fatalf("offset %s: a write is let in after the end", offset)
			}
		}
		s.clk.RunFor(4 * time.Second)
		if p.m.Dead() {
			t.Errorf("offset %s: killed by the kernel timer after the end", offset)
		}
	}
}

// slow is a driver that takes its time to let go.
type slow struct {
	hold.Driver
	clk   clock.Clock
	takes time.Duration
	ended int
}

func (d *slow) LetGo() {
	clock.Sleep(context.Background(), d.clk, d.takes)
	d.Driver.LetGo()
}

func (d *slow) End(ctx context.Context) error {
	d.ended++
	return d.Driver.End(ctx)
}

// What waits for a share that is being lost is told so, and it is not handed over any
// more.
func TestWhileAShareIsLost(t *testing.T) {
	s := calmSim(t)
	d := &slow{takes: 300 * time.Millisecond}
	s.host("left").config = func(c *hold.Config) {
		d.Driver, d.clk = c.Driver, c.Clock
		c.Driver = d
	}
	p := s.heldBy(t, "left")
	s.host("left").cutFromCluster(time.Minute)
	waiting := p.confirm(20 * time.Second)
	s.await(t, "left", "Wane", 10*time.Second)
	if st := p.holder.Status(); st.State != hold.Waning || st.Err == nil {
		t.Errorf("while it wanes: %+v", st)
	}
	s.clk.RunFor(1100 * time.Millisecond)
	if st := p.holder.Status(); st.State != hold.Watching || st.Term != 0 {
		t.Errorf("while it lets go: %+v", st)
	}
	late, over := p.confirm(20*time.Second), p.handOver(context.Background(), "right")
	s.clk.RunFor(10 * time.Millisecond)
	for what, h := range map[string]*handed{"Confirm": late, "HandOver": over} {
		if !h.done || !errors.Is(h.err, hold.ErrNotHeld) {
			t.Errorf("%s: %+v", what, h)
		}
	}
	s.await(t, "left", "LetGo", time.Second)
	s.clk.RunFor(10 * time.Millisecond)
	if !waiting.done || !errors.Is(waiting.err, hold.ErrNotHeld) {
		t.Errorf("what waited: %+v", waiting)
	}
	if d.ended > 0 {
		t.Error("a term that is lost is ended in order, too")
	}
}

// While a share is handed over no command is confirmed: another host may have it at
// any time.
func TestNothingIsConfirmedWhileAShareIsHandedOver(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	p.endTakes = 3 * time.Second
	p.handOver(context.Background(), "right")
	s.clk.RunFor(100 * time.Millisecond)
	h := p.confirm(20 * time.Second)
	s.clk.RunFor(10 * time.Millisecond)
	if !h.done || !errors.Is(h.err, hold.ErrNotHeld) {
		t.Errorf("%+v", h)
	}
}

// A term that takes so long to end that the others have the share meanwhile is not
// given to any of them.
func TestAShareThatIsLostWhileItIsHandedOver(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	p.endTakes = 15 * time.Second
	s.afterRenewal(p)
	h := p.handOver(context.Background(), "third")
	s.host("left").cutFromCluster(12 * time.Second)
	e, _ := s.await(t, "", "Hold", 12*time.Second)
	s.clk.RunFor(10 * time.Second)
	if !h.done || !errors.Is(h.err, hold.ErrNotHeld) || s.holder() != s.host(e.host) {
		t.Errorf("%+v; %v", h, s.events)
	}
}

// What is known of the engine and of the record, for those who look.
func TestStatusOfAWatcher(t *testing.T) {
	s := calmSim(t)
	s.heldBy(t, "left")
	w := s.host("right").process
	s.clk.RunFor(700 * time.Millisecond)
	if st := w.holder.Status(); st.Err != nil || st.Age <= 0 || st.Age > 2200*time.Millisecond || st.Record.Host != "left" {
		t.Errorf("while another holds the share: %+v", st)
	}
	s.host("right").cutFromCluster(5 * time.Second)
	s.clk.RunFor(4 * time.Second)
	if st := w.holder.Status(); !errors.Is(st.Err, hold.ErrUnknown) {
		t.Errorf("without an answer: %+v", st)
	}
	s.clk.RunFor(4 * time.Second)
	if st := w.holder.Status(); st.Err != nil {
		t.Errorf("with an answer again: %+v", st)
	}
}
