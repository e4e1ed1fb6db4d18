package device

import (
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// post tells of an event of the host. The caller holds Ref.mu, so a goroutine
// does the telling, in the order of posting.
func (r *Ref) post(ev *luaapi.Event) {
	r.posts.Lock()
	defer r.posts.Unlock()
	r.waiting = append(r.waiting, ev)
	if len(r.waiting) == 1 {
		r.ended.Go(r.deliver)
	}
}

func (r *Ref) deliver() {
	r.posts.Lock()
	defer r.posts.Unlock()
	for len(r.waiting) > 0 {
		ev := r.waiting[0]
		r.posts.Unlock()
		r.set.hub.Deliver(r, ev)
		r.posts.Lock()
		r.waiting = r.waiting[1:]
	}
}

// entered is told when the device has changed its state, with mu held.
func (r *Ref) entered(state, was string) {
	now := r.clk.Now()
	for _, e := range []struct{ word, state string }{{was, "stop"}, {state, "start"}} {
		if luaapi.HostEvent(e.word) {
			r.post(&luaapi.Event{Type: e.word, State: e.state, Device: r.name, Time: now})
		}
	}
}

// onChange has w woken when the state changes next, or the name is given up, and
// returns the state. leave ends that.
func (r *Ref) onChange(w clock.Waiter) (state string, leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = append(r.changed, w)
	return r.state, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed = slices.DeleteFunc(r.changed, func(o clock.Waiter) bool { return o == w })
	}
}

// wakeChanged has what waits for another state look again.
func (r *Ref) wakeChanged() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakeChangedNow()
}

// wakeChangedNow is wakeChanged, called with mu held.
func (r *Ref) wakeChangedNow() {
	for _, w := range r.changed {
		w.Wake()
	}
	r.changed = nil
}

// lastAnswer is when the device has last answered any command.
func (r *Ref) lastAnswer() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answered
}
