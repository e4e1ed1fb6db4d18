package clock

import (
	"context"
	"sync"
)

// Group is a sync.WaitGroup that the clock knows of.
type Group struct {
	clk Clock

	mu      sync.Mutex
	running int
	none    *Cond // no goroutine runs
}

// NewGroup returns a group without goroutines.
func NewGroup(clk Clock) *Group {
	g := &Group{clk: clk}
	g.none = NewCond(clk, &g.mu)
	return g
}

// Go runs f on a goroutine of the group.
func (g *Group) Go(f func()) {
	g.mu.Lock()
	g.running++
	g.mu.Unlock()
	g.clk.Go(func() {
		defer g.done()
		f()
	})
}

func (g *Group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	if g.running == 0 {
		g.none.Broadcast()
	}
}

// Wait returns when no goroutine of the group runs.
func (g *Group) Wait() { g.WaitFor(context.Background()) }

// WaitFor is Wait that returns when ctx ends, too, with its cause.
func (g *Group) WaitFor(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running == 0 {
		return nil
	}
	return g.none.Wait(ctx)
}
