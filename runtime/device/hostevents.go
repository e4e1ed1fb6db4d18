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

// Notice tells those who listen of an event of this device that the host has
// noticed elsewhere. It waits for nothing.
func (r *Ref) Notice(ev *luaapi.Event) {
	if !r.gone.Load() {
		r.post(ev)
	}
}

// StateSince is the state, and when the device entered it.
func (r *Ref) StateSince() (string, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.since
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
