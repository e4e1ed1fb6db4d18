// Package clock is the time of the host: real, or virtual.
//
// Whatever waits or asks the time goes through a Clock, so that a week of a
// site can be rehearsed in seconds and tests need no sleeping. Two primitives
// carry everything: a Waiter, which one goroutine waits on and any other
// wakes, and a timer. Sleep, Cond, Semaphore, Group and the contexts of
// this package are made of these two. Durations are written and read here, too, in the one
// way that site.yaml, scripts and flags have them.
//
// In virtual time one goroutine at a time holds the baton. Waiting passes it
// on, waking puts the woken one at the end of the run queue, and only when
// no goroutine is left to run does time move, to one timer at a time. What happens
// is therefore the same on every run, whatever the number of processors. Every
// goroutine that waits must have been started with Clock.Go.
package clock

import (
	"context"
	"time"
)

// Clock tells the time and lets goroutines wait.
type Clock interface {
	// Now is the wall-clock time.
	Now() time.Time
	// Go starts f on a goroutine that the clock knows of.
	Go(f func())
	// NewWaiter returns a meeting point for one wait.
	NewWaiter() Waiter
	// AfterFunc calls f once d has passed. f must not wait; it starts a
	// goroutine with Go if it has to.
	AfterFunc(d time.Duration, f func()) Timer
	// At calls f as soon as the wall clock shows t or later, also when the
	// machine was asleep or its clock was set meanwhile. f must not wait.
	At(t time.Time, f func()) Timer
}

// Waiter is a meeting point that serves once. Wake may come before Wait,
// which then returns at once, and may come more than once.
type Waiter interface {
	Wait()
	Wake()
}

// Timer can be stopped before it fires.
type Timer interface {
	// Stop reports whether it kept the function from being called.
	Stop() bool
}

// Sleep waits for d, or until ctx ends, and then returns its cause.
func Sleep(ctx context.Context, clk Clock, d time.Duration) error {
	if err := Cause(ctx); err != nil {
		return err
	}
	w := clk.NewWaiter()
	timer := clk.AfterFunc(d, w.Wake)
	end := follow(ctx, w)
	w.Wait()
	end.leave()
	// A deadline that meets its event in the same instant: the event came
	// first if its timer has fired.
	if timer.Stop() {
		return Cause(ctx)
	}
	return nil
}

// WaitFor waits for w, or until ctx ends, and then returns its cause. The
// caller knows by other means whether w was woken by its event.
func WaitFor(ctx context.Context, w Waiter) error {
	end := follow(ctx, w)
	w.Wait()
	if end.leave() {
		return nil
	}
	return Cause(ctx)
}

// In gives a time in a zone for JSON; nil for none.
func In(t time.Time, zone *time.Location) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.In(zone)
	return &t
}
