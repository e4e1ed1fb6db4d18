package clock

import "context"

// Mutex is a Semaphore of one permit under the names of a lock.
type Mutex struct{ permit *Semaphore }

// NewMutex returns an open lock.
func NewMutex(clk Clock) *Mutex { return &Mutex{NewSemaphore(clk, 1)} }

// Lock waits for its turn, or until ctx ends, and then returns its cause.
func (m *Mutex) Lock(ctx context.Context) error { return m.permit.Acquire(ctx) }

// Unlock hands the lock to the Lock that has waited longest. It panics if the
// lock is open.
func (m *Mutex) Unlock() { m.permit.Release() }
