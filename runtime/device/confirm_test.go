package device

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
)

// What turns a head waits for the other machines, and is not sent where they say no or
// nothing. Stops do not ask.
func TestMovesAreConfirmed(t *testing.T) {
	var asked, refuses, silent atomic.Int32
	r := newRig(t, gateAt(oneGate), func(c *Config) {
		c.Confirm = func(ctx context.Context) error {
			asked.Add(1)
			switch {
			case silent.Load() > 0:
				<-ctx.Done()
				return ctx.Err()
			case refuses.Load() > 0:
				return errors.New("another host has the share")
			}
			return nil
		}
	})
	gate := r.quiet()
	_, o := r.turning(gate)
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times for a move", n)
	}
	refuses.Store(1)
	o.End()
	r.eventually("the head is stopped", func() bool { return !r.gate().Driven(1) })
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times for a stop", n-1)
	}
	ctx, _ := by("tour", nil)
	moves := r.gate().Counts()
	for _, send := range []func(context.Context, *Ref) error{turn, preset} {
		for kind, silence := range map[string]int32{"elsewhere": 0, "busy": 1} {
			silent.Store(silence)
			err := send(ctx, gate)
			if f, ok := errors.AsType[*luaapi.Failure](err); !ok || f.Kind != kind || !strings.Contains(f.Message, "was not sent") {
				t.Errorf("%v, not %s", err, kind)
			}
		}
	}
	if now := r.gate().Counts(); now.Moves != moves.Moves || now.Presets != moves.Presets {
		t.Errorf("sent all the same: %+v", now)
	}
}
