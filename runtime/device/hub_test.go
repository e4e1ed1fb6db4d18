package device

import (
	"testing"

	"github.com/hiklua/hiklua/luaapi"
)

// A reload hands listeners over: what those before and those after want goes on, and
// is not begun anew.
func TestSwapGoesOn(t *testing.T) {
	r, gate := newGate(t)
	hub := r.set.Hub()
	listener := func() *Listener {
		return &Listener{
			Spec: luaapi.EventSpec{Device: gate, Type: luaapi.MovedEvent, Channel: 1},
			Tell: func(*luaapi.Event, any, any) {},
		}
	}
	first, second := listener(), listener()
	hub.Add(first)
	ended := false
	gate.poses.mu.Lock()
	end := gate.poses.watched[1]
	gate.poses.watched[1] = func() { ended = true; end() }
	gate.poses.mu.Unlock()
	hub.Swap([]*Listener{first}, []*Listener{second})
	if ended || hub.Len() != 1 {
		t.Errorf("ended %v, %d listen", ended, hub.Len())
	}
	hub.Remove(second)
	gate.poses.mu.Lock()
	defer gate.poses.mu.Unlock()
	if !ended || len(gate.poses.watched) != 0 || len(gate.poses.wanted) != 0 {
		t.Errorf("ended %v, %d watched", ended, len(gate.poses.watched))
	}
}
