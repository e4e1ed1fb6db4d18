package clock

import "sync"

// Group is a sync.WaitGroup that the clock knows of.
type Group struct {
	clk Clock

	mu      sync.Mutex
	running int
	waiting []Waiter
}

// NewGroup returns a group without goroutines.
func NewGroup(clk Clock) *Group { return &Group{clk: clk} }

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
		for _, w := range g.waiting {
			w.Wake()
		}
		g.waiting = nil
	}
}

// Wait returns when no goroutine of the group runs.
func (g *Group) Wait() {
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
