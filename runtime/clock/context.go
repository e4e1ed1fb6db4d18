package clock

import (
	"context"
	"sync"
	"sync/atomic"
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
	return c, c.cancel
}

// WithTimeout returns a context that also ends when d has passed on clk.
func WithTimeout(clk Clock, parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	c, cancel := WithTimeoutCause(clk, parent, d)
	return c, func() { cancel(nil) }
}

// WithTimeoutCause is WithTimeout whose cancel takes a reason, which
// context.Cause tells.
func WithTimeoutCause(clk Clock, parent context.Context, d time.Duration) (context.Context, context.CancelCauseFunc) {
	c := newContext(parent)
	c.deadline = clk.Now().Add(d)
	if earlier, ok := parent.Deadline(); ok && earlier.Before(c.deadline) {
		c.deadline = earlier
	}
	timer := clk.AfterFunc(d, func() { c.end(context.DeadlineExceeded) })
	return c, func(cause error) {
		timer.Stop()
		c.cancel(cause)
	}
}

// OnDone calls f when ctx ends, on the goroutine that ends it, after those
// that signed up before. f must not wait. stop reports whether it kept f from
// being called.
func OnDone(ctx context.Context, f func()) (stop func() bool) {
	return follow(ctx, wakeFunc(f)).leave
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
	n := 0
	for f := c.first; f != nil; f = f.next {
		n++
	}
	return n
}

// Cause is context.Cause for contexts of this package and of others: why did
// ctx end? Nil as long as it has not.
func Cause(ctx context.Context) error {
	c, ok := ours(ctx)
	if !ok {
		return context.Cause(ctx)
	}
	if !c.ended.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// ours finds the context of this package that decides when ctx ends.
func ours(ctx context.Context) (*clockContext, bool) {
	switch c := ctx.(type) {
	case *clockContext:
		return c, true
	case *valueContext:
		return ours(c.Context)
	}
	done := ctx.Done()
	if done == nil {
		return nil, false
	}
	c, ok := ctx.Value(contextKey{}).(*clockContext)
	return c, ok && c.Done() == done
}

// WithValue is context.WithValue. What waits for the context's end finds its
// parent without asking that for a channel.
func WithValue(parent context.Context, key, value any) context.Context {
	return &valueContext{parent, key, value}
}

type valueContext struct {
	context.Context
	key, value any
}

func (c *valueContext) Value(key any) any {
	if key == c.key {
		return c.value
	}
	return c.Context.Value(key)
}

type contextKey struct{}

type clockContext struct {
	parent   context.Context
	above    *follower // of parent: place, or nil
	place    follower
	deadline time.Time

	ended atomic.Bool // err is set

	mu          sync.Mutex
	done        chan struct{} // made when it is asked for
	err         error
	cause       error
	first, last *follower
}

func newContext(parent context.Context) *clockContext {
	c := &clockContext{parent: parent}
	if parent.Err() != nil {
		c.endWith(parent.Err(), Cause(parent))
		return c
	}
	above := c.place.follow(parent, (*child)(c))
	c.mu.Lock()
	c.above = above
	ended := c.err != nil
	c.mu.Unlock()
	if ended {
		above.leave()
	}
	return c
}

// child is a context as its parent's follower.
type child clockContext

func (c *child) Wake() { (*clockContext)(c).endWith(c.parent.Err(), Cause(c.parent)) }

func (c *clockContext) Deadline() (time.Time, bool) {
	if c.deadline.IsZero() {
		return c.parent.Deadline()
	}
	return c.deadline, true
}

func (c *clockContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

func (c *clockContext) Err() error {
	if !c.ended.Load() {
		return nil
	}
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
	follower := &follower{waker: wakeFunc(f), ctx: c}
	if !follower.list() {
		// The library holds the child's lock at this moment.
		go f()
	}
	return follower.leave
}

func (c *clockContext) cancel(cause error) {
	if cause == nil {
		cause = context.Canceled
	}
	c.endWith(context.Canceled, cause)
}

func (c *clockContext) end(err error) { c.endWith(err, err) }

func (c *clockContext) endWith(err, cause error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err, c.cause = err, cause
	c.ended.Store(true)
	if c.done != nil {
		close(c.done)
	}
	first, above := c.first, c.above
	for f := first; f != nil; f = f.next {
		f.listed = false
	}
	c.first, c.last = nil, nil
	c.mu.Unlock()
	if above != nil {
		above.leave()
	}
	for f := first; f != nil; {
		next := f.next
		f.prev, f.next = nil, nil // one that is kept does not keep the others
		f.waker.Wake()
		f = next
	}
}
