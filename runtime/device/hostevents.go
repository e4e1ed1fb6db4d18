package device

import (
	"time"

	"github.com/hiklua/hiklua/luaapi"
)

// post tells of an event of the host. The caller holds Ref.mu, so a goroutine
// does the telling, in the order of posting.
func (r *Ref) post(ev *luaapi.Event) {
	r.telling.Add(func() { r.set.hub.Deliver(r, ev) })
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

// wakeChanged has what waits for another state look again.
func (r *Ref) wakeChanged() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed.Broadcast()
}

// lastAnswer is when the device has last answered any command.
func (r *Ref) lastAnswer() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answered
}
