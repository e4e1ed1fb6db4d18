package clock

import (
	"context"
	"slices"
	"sync"
)

// Mutex is a lock that serves in the order of asking and whose waiters the
// clock knows of.
type Mutex struct {
	clk Clock

	mu     sync.Mutex
	locked bool
	queue  []*lockRequest
}

type lockRequest struct {
	waiter  Waiter
	granted bool // guarded by Mutex.mu
}

// NewMutex returns an open lock.
func NewMutex(clk Clock) *Mutex { return &Mutex{clk: clk} }

// Lock waits for its turn, or until ctx ends, and then returns its cause.
func (m *Mutex) Lock(ctx context.Context) error {
	m.mu.Lock()
	if !m.locked {
		m.locked = true
		m.mu.Unlock()
		return nil
	}
	me := &lockRequest{waiter: m.clk.NewWaiter()}
	m.queue = append(m.queue, me)
	m.mu.Unlock()

	stop := OnDone(ctx, me.waiter.Wake)
	me.waiter.Wait()
	stop()

	m.mu.Lock()
	defer m.mu.Unlock()
	if me.granted {
		return nil
	}
	i := slices.Index(m.queue, me)
	m.queue = slices.Delete(m.queue, i, i+1)
	return Cause(ctx)
}

// Waiting is the number of those who wait for the lock.
func (m *Mutex) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}

// Unlock hands the lock to whoever has waited longest.
func (m *Mutex) Unlock() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.locked {
		panic("clock: unlock of an open Mutex")
	}
	if len(m.queue) == 0 {
		m.locked = false
		return
	}
	next := m.queue[0]
	m.queue[0] = nil
	m.queue = m.queue[1:]
	next.granted = true
	next.waiter.Wake()
}
