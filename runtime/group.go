package runtime

import (
	"sync"

	"github.com/hiklua/hiklua/runtime/clock"
)

// group is a sync.WaitGroup that the clock knows of.
type group struct {
	clk clock.Clock

	mu      sync.Mutex
	running int
	waiting []clock.Waiter
}

func newGroup(clk clock.Clock) *group { return &group{clk: clk} }

// Go runs f on a goroutine of the group.
func (g *group) Go(f func()) {
	g.mu.Lock()
	g.running++
	g.mu.Unlock()
	g.clk.Go(func() {
		defer g.done()
		f()
	})
}

func (g *group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	if g.running == 0 {
		for _, w := range g.waiting {
			w.Wake()
		}
		g.waiting = nil
	}
}

// Wait returns when no goroutine of the group runs.
func (g *group) Wait() {
	g.mu.Lock()
	if g.running == 0 {
		g.mu.Unlock()
		return
	}
	w := g.clk.NewWaiter()
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()
	w.Wait()
}
