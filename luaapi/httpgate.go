package luaapi

import (
	"context"
	"slices"
	"sync"

	"github.com/hiklua/hiklua/runtime/clock"
)

// gate lets so many through at once; the others wait in the order of asking,
// by the clock.
type gate struct {
	mu    sync.Mutex
	free  int
	queue []*gateRequest
}

type gateRequest struct {
	waiter  clock.Waiter
	granted bool // guarded by gate.mu
}

func newGate(places int) *gate { return &gate{free: places} }

// enter waits for a place, or until ctx ends, and then returns its cause.
func (g *gate) enter(ctx context.Context, clk clock.Clock) error {
	if err := clock.Cause(ctx); err != nil {
		return err
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	me := &gateRequest{waiter: clk.NewWaiter()}
	g.queue = append(g.queue, me)
	g.mu.Unlock()

	stop := clock.OnDone(ctx, me.waiter.Wake)
	me.waiter.Wait()
	stop()

	g.mu.Lock()
	defer g.mu.Unlock()
	if me.granted {
		return nil
	}
	g.queue = slices.DeleteFunc(g.queue, func(r *gateRequest) bool { return r == me })
	return clock.Cause(ctx)
}

// leave hands the place to whoever has waited longest.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		g.free++
		return
	}
	next := g.queue[0]
	g.queue = slices.Delete(g.queue, 0, 1)
	next.granted = true
	next.waiter.Wake()
}
