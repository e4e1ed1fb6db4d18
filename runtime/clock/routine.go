package clock

import (
	"fmt"
	"iter"
	"runtime/debug"
)

// routine is a goroutine of a virtual clock. It is a coroutine of the driver, so
// that handing over the baton costs no trip through Go's scheduler, which would
// wake a thread each time to look for more work than there ever is. When its
// function has ended, it serves for another: its stack has grown to what is needed.
type routine struct {
	f      func()
	resume func() // called by the driver: returns when the routine waits, or f has ended
	pause  func() // called by the routine: returns when the driver resumes it
}

func (v *Virtual) newRoutine() *routine {
	r := &routine{}
	next, _ := iter.Pull(func(yield func(struct{}) bool) {
		r.pause = func() { yield(struct{}{}) }
		for r.f != nil {
			v.call(r)
			r.pause()
		}
	})
	r.resume = func() { next() }
	return r
}

// call runs the function of r.
func (v *Virtual) call(r *routine) {
	ended := false
	defer func() {
		v.mu.Lock()
		v.live--
		if ended {
			r.f = nil
			v.idle = append(v.idle, r)
		}
		v.mu.Unlock()
		if ended {
			return
		}
		if p := recover(); p != nil {
			// The driver panics with this, and its own stack says nothing.
			panic(fmt.Sprintf("%v\n\non a goroutine of a virtual clock:\n%s", p, debug.Stack()))
		}
	}()
	r.f()
	ended = true
}

// dismiss ends the routines that have nothing to do.
func (v *Virtual) dismiss() {
	v.mu.Lock()
	idle := v.idle
	v.idle = nil
	v.mu.Unlock()
	for _, r := range idle {
		r.resume()
	}
}
