package clock

import (
	"context"
	"slices"
	"sync"
)

// Cond is a sync.Cond that the clock knows of, and whose Wait ends with a context.
type Cond struct {
	clk     Clock
	l       sync.Locker
	waiting []Waiter // guarded by l
}

// NewCond returns a condition on what l guards.
func NewCond(clk Clock, l sync.Locker) *Cond { return &Cond{clk: clk, l: l} }

// Wait waits for a Signal or a Broadcast, or until ctx ends, and then returns
// its cause. It is called with the lock held, which is free meanwhile: the
// caller looks again at what it waits for.
func (c *Cond) Wait(ctx context.Context) error {
	w := c.clk.NewWaiter()
	c.waiting = append(c.waiting, w)
	c.l.Unlock()
	err := WaitFor(ctx, w)
	c.l.Lock()
	if i := slices.Index(c.waiting, w); i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	return err
}

// Signal ends the Wait that has waited longest. Called with the lock held. A
// Wait whose ctx ends in the same moment may be the one: only Waits without an
// end are signalled.
func (c *Cond) Signal() {
	if len(c.waiting) > 0 {
		c.waiting[0].Wake()
		c.waiting = slices.Delete(c.waiting, 0, 1)
	}
}

// Broadcast ends every Wait. Called with the lock held.
func (c *Cond) Broadcast() {
	for _, w := range c.waiting {
		w.Wake()
	}
	c.waiting = nil
}

// Waiting is the number of Waits. Called with the lock held.
func (c *Cond) Waiting() int { return len(c.waiting) }
