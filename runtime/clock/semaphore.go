package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Semaphore hands out a number of permits in the order of asking. The clock
// knows of those who wait, so that it serves in virtual time too.
type Semaphore struct {
	clk Clock

	mu      sync.Mutex
	size    int
	free    int // above zero only while nothing waits
	waiting []*acquisition
}

// acquisition is one Acquire that waits.
type acquisition struct {
	waiter  Waiter
	first   bool // made by AcquireFirst
	granted bool // guarded by Semaphore.mu
}

// NewSemaphore returns a semaphore with n permits, all of them free.
func NewSemaphore(clk Clock, n int) *Semaphore {
	return &Semaphore{clk: clk, size: n, free: n}
}

// Acquire takes a permit. It waits behind every earlier Acquire, or until ctx
// ends, and then returns the cause of ctx and holds nothing.
func (s *Semaphore) Acquire(ctx context.Context) error { return s.acquire(ctx, false) }

// AcquireWithin is Acquire that also gives up after d.
func (s *Semaphore) AcquireWithin(ctx context.Context, d time.Duration) error {
	ctx, cancel := WithTimeout(s.clk, ctx, d)
	defer cancel()
	return s.Acquire(ctx)
}

// AcquireFirst is Acquire, but waits behind earlier calls of AcquireFirst only.
func (s *Semaphore) AcquireFirst(ctx context.Context) error { return s.acquire(ctx, true) }

func (s *Semaphore) acquire(ctx context.Context, first bool) error {
	if err := Cause(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	me := &acquisition{waiter: s.clk.NewWaiter(), first: first}
	at := len(s.waiting)
	if first {
		if i := slices.IndexFunc(s.waiting, func(a *acquisition) bool { return !a.first }); i >= 0 {
			at = i
		}
	}
	s.waiting = slices.Insert(s.waiting, at, me)
	s.mu.Unlock()

	end := follow(ctx, me.waiter)
	me.waiter.Wait()
	end.leave()

	s.mu.Lock()
	defer s.mu.Unlock()
	if me.granted { // also where ctx ended in the same moment: the permit is this caller's to release
		return nil
	}
	i := slices.Index(s.waiting, me)
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return Cause(ctx)
}

// TryAcquire takes a permit if one is free, and reports whether it did.
func (s *Semaphore) TryAcquire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// Release gives a permit back. The first in the queue gets it at once: a later
// TryAcquire cannot take it away. Release panics if no permit was taken.
func (s *Semaphore) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == s.size {
		panic("clock: release of a permit that was not acquired")
	}
	if len(s.waiting) == 0 {
		s.free++
		return
	}
	next := s.waiting[0]
	s.waiting = slices.Delete(s.waiting, 0, 1)
	next.granted = true
	next.waiter.Wake()
}

// Waiting is the number of calls that wait for a permit.
func (s *Semaphore) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}
