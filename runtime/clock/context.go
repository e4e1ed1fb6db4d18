package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A deadline of the standard library counts real seconds, and its callbacks
// run on goroutines that no clock knows of. The contexts of this package end
// by the clock and tell their followers one after another, in the order in
// which these signed up, on the goroutine that ends them.

// WithCancel returns a context that ends with cancel or with parent.
func WithCancel(parent context.Context) (context.Context, context.CancelFunc) {
	c := newContext(parent)
	return c, func() { c.end(context.Canceled) }
}

// WithCancelCause is WithCancel with a reason, which context.Cause tells.
func WithCancelCause(parent context.Context) (context.Context, context.CancelCauseFunc) {
	c := newContext(parent)
	return c, func(cause error) {
		if cause == nil {
			cause = context.Canceled
		}
		c.endWith(context.Canceled, cause)
	}
}

// WithTimeout returns a context that also ends when d has passed on clk.
func WithTimeout(clk Clock, parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	c := newContext(parent)
	c.deadline = clk.Now().Add(d)
	if earlier, ok := parent.Deadline(); ok && earlier.Before(c.deadline) {
		c.deadline = earlier
	}
	timer := clk.AfterFunc(d, func() { c.end(context.DeadlineExceeded) })
	return c, func() {
		timer.Stop()
		c.end(context.Canceled)
	}
}

// OnDone calls f when ctx ends, on the goroutine that ends it, after those
// that signed up before. f must not wait. stop reports whether it kept f from
// being called.
func OnDone(ctx context.Context, f func()) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	if c, ok := ours(ctx); ok {
		return c.onDone(f)
	}
	return context.AfterFunc(ctx, f)
}

// Waiting is the number of functions that the end of a context of this package
// will call.
func Waiting(ctx context.Context) int {
	c, ok := ours(ctx)
	if !ok {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.followers)
}

// Cause is context.Cause for contexts of this package and of others: why did
// ctx end? Nil as long as it has not.
func Cause(ctx context.Context) error {
	c, ok := ours(ctx)
	if !ok {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// ours finds the context of this package that decides when ctx ends.
func ours(ctx context.Context) (*clockContext, bool) {
	c, ok := ctx.Value(contextKey{}).(*clockContext)
	return c, ok && c.done == ctx.Done()
}

type contextKey struct{}

type clockContext struct {
	parent   context.Context
	leave    func() bool // signs off from parent
	deadline time.Time
	done     <-chan struct{}

	mu        sync.Mutex
	closeDone func()
	err       error
	cause     error
	followers []*follower
}

type follower struct{ f func() }

func newContext(parent context.Context) *clockContext {
	done := make(chan struct{})
	c := &clockContext{parent: parent, done: done, closeDone: func() { close(done) }}
	if parent.Err() != nil {
		c.endWith(parent.Err(), Cause(parent))
		return c
	}
	leave := OnDone(parent, func() { c.endWith(parent.Err(), Cause(parent)) })
	c.mu.Lock()
	c.leave = leave
	ended := c.err != nil
	c.mu.Unlock()
	if ended {
		leave()
	}
	return c
}

func (c *clockContext) Deadline() (time.Time, bool) {
	if c.deadline.IsZero() {
		return c.parent.Deadline()
	}
	return c.deadline, true
}

func (c *clockContext) Done() <-chan struct{} { return c.done }

func (c *clockContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *clockContext) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.parent.Value(key)
}

// AfterFunc is what the standard library looks for when it makes a child of
// this context, so that children too end on the goroutine that ends it.
func (c *clockContext) AfterFunc(f func()) func() bool {
	if c.Err() != nil {
		// The library holds the child's lock at this moment.
		go f()
		return func() bool { return false }
	}
	return c.onDone(f)
}

func (c *clockContext) onDone(f func()) func() bool {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		f()
		return func() bool { return false }
	}
	me := &follower{f}
	c.followers = append(c.followers, me)
	c.mu.Unlock()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.followers, me)
		if i < 0 {
			return false
		}
		c.followers = slices.Delete(c.followers, i, i+1)
		return true
	}
}

func (c *clockContext) end(err error) { c.endWith(err, err) }

func (c *clockContext) endWith(err, cause error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err, c.cause = err, cause
	followers, leave := c.followers, c.leave
	c.followers = nil
	c.closeDone()
	c.mu.Unlock()
	if leave != nil {
		leave()
	}
	for _, f := range followers {
		f.f()
	}
}
