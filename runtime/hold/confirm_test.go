package hold_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// confirm runs Confirm on a goroutine of the host's clock.
func (p *process) confirm(within time.Duration) *handed {
	h := &handed{}
	clk := p.m.Clock()
	clk.Go(func() {
		ctx, cancel := clock.WithTimeout(clk, context.Background(), within)
		defer cancel()
		h.err, h.done = p.holder.Confirm(ctx), true
	})
	return h
}

func TestConfirm(t *testing.T) {
	s := calmSim(t)
	p := s.heldBy(t, "left")
	for range 5 {
		s.clk.RunFor(330 * time.Millisecond)
		before := p.holder.Status().Record.N
		first, second := p.confirm(time.Second), p.confirm(time.Second)
		s.clk.RunFor(100 * time.Millisecond)
		if !first.done || first.err != nil || !second.done || second.err != nil {
			t.Fatalf("%+v %+v", first, second)
		}
		if n := p.holder.Status().Record.N; n == before || n > before+2 {
			t.Errorf("%d tries for two that asked at once", n-before)
		}
	}
	s.clk.RunFor(5 * time.Second)
	if n := len(s.events); n != 0 {
		t.Errorf("later: %v", s.events)
	}

	s.engine.Stall()
	h := p.confirm(200 * time.Millisecond)
	s.clk.RunFor(300 * time.Millisecond)
	if !h.done || !errors.Is(h.err, context.DeadlineExceeded) {
		t.Errorf("while the engine does not answer: %+v", h)
	}
	h = s.host("right").process.confirm(time.Second)
	s.clk.RunFor(10 * time.Millisecond)
	if !h.done || !errors.Is(h.err, hold.ErrNotHeld) {
		t.Errorf("where another host holds the share: %+v", h)
	}
}
