package clock

import "context"

// follower is what the end of a context wakes: a Waiter, a function, a context
// below it.
type follower struct {
	waker interface{ Wake() }
	stop  func() bool // signs off from a context that is not of this package

	// ctx is that which it follows; its mu guards the rest.
	ctx        *clockContext
	listed     bool // until ctx has ended, or leave was called
	prev, next *follower
}

type wakeFunc func()

func (f wakeFunc) Wake() { f() }

// follow has waker woken when ctx ends, at once if it has ended, unless leave is
// called before. Nil: ctx never ends.
func follow(ctx context.Context, waker interface{ Wake() }) *follower {
	return new(follower).follow(ctx, waker)
}

// follow is the function follow that makes no follower.
func (f *follower) follow(ctx context.Context, waker interface{ Wake() }) *follower {
	c, ok := ours(ctx)
	if !ok {
		if ctx.Done() == nil {
			return nil
		}
		f.stop = context.AfterFunc(ctx, waker.Wake)
		return f
	}
	f.waker, f.ctx = waker, c
	if !f.list() {
		waker.Wake()
	}
	return f
}

// list puts f among the followers of its context, unless that has ended.
func (f *follower) list() bool {
	c := f.ctx
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	f.listed, f.prev = true, c.last
	if c.last == nil {
		c.first = f
	} else {
		c.last.next = f
	}
	c.last = f
	return true
}

// leave reports whether it kept waker from being woken.
func (f *follower) leave() bool {
	if f == nil {
		return true
	}
	if f.stop != nil {
		return f.stop()
	}
	c := f.ctx
	c.mu.Lock()
	defer c.mu.Unlock()
	if !f.listed {
		return false
	}
	f.listed = false
	if f.prev == nil {
		c.first = f.next
	} else {
		f.prev.next = f.next
	}
	if f.next == nil {
		c.last = f.prev
	} else {
		f.next.prev = f.prev
	}
	f.prev, f.next = nil, nil
	return true
}
