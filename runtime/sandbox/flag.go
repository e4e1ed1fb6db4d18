package sandbox

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// ErrStopped is what a Flag that was stopped without a reason says.
var ErrStopped = errors.New("stopped")

// closed is what Done of every stopped Flag returns.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Flag is the context of one task, for NewThread.
//
// Whether it is stopped is one atomic load. Done returns nil until then, so it can't be waited on: that is for an
// ordinary context beside the flag.
//
// The zero Flag is not stopped and has no parent.
type Flag struct {
	parent context.Context       // for Value only; set once
	reason atomic.Pointer[error] // any goroutine

	tooLong func() error // nil: it is not bounded; set once
	left    int64        // instructions, of a bounded flag; only who runs touches it
}

var _ context.Context = (*Flag)(nil)

// NewFlag gives a flag that is not stopped. Values are looked up in parent; that parent is cancelled does
// not stop the flag.
func NewFlag(parent context.Context) *Flag { return &Flag{parent: parent} }

// Stop ends whatever runs with this flag; err is the reason that Err and the Lua error tell. The first call counts.
// Any goroutine may call it.
func (f *Flag) Stop(err error) {
	if err == nil {
		err = ErrStopped
	}
	f.reason.CompareAndSwap(nil, &err)
}

// Stopped says whether Stop was called.
func (f *Flag) Stopped() bool { return f.reason.Load() != nil }

// Done returns nil before Stop, a closed channel after.
func (f *Flag) Done() <-chan struct{} {
	if f.reason.Load() == nil {
		return nil
	}
	return closed
}

// Err returns the reason given to Stop, nil before.
func (f *Flag) Err() error {
	if p := f.reason.Load(); p != nil {
		return *p
	}
	return nil
}

// Deadline says that there is none: a timer calls Stop.
func (f *Flag) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value looks key up in the parent.
func (f *Flag) Value(key any) any {
	if f.parent == nil {
		return nil
	}
	return f.parent.Value(key)
}

// Check raises the flag's reason as a Lua error if L was stopped. A library function in Go that may take long calls
// it now and then.
func Check(L *lua.LState) {
	if ctx := L.Context(); ctx != nil {
		if err := ctx.Err(); err != nil {
			L.RaiseError("%s", err.Error())
		}
	}
}

// stopped says whether the context of L, which may be nil, has ended.
func stopped(L *lua.LState) bool {
	if L == nil {
		return false
	}
	ctx := L.Context()
	return ctx != nil && ctx.Err() != nil
}
