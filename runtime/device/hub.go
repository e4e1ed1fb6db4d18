package device

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Hub knows who listens to which device, and to which emitted name. Events are
// told under its lock, so that a reload hands the listeners over between two
// events and never within one.
type Hub struct {
	mu    sync.RWMutex
	byKey map[hubKey][]*Listener
}

// hubKey is a device, or a name that scripts emit.
type hubKey struct {
	device *Device
	name   string
}

// Listener is one handler, or one task that waits.
type Listener struct {
	Spec luaapi.EventSpec
	// Tell must not wait, nor change who listens. Value and chain are those of
	// an emission.
	Tell func(ev *luaapi.Event, value, chain any)
}

// NewHub returns a hub that nobody listens to.
func NewHub() *Hub { return &Hub{byKey: make(map[hubKey][]*Listener)} }

// key is where it listens: a device that was replaced in site.yaml has handed
// its listeners on.
func (l *Listener) key() hubKey {
	if d, ok := l.Spec.Device.(*Device); ok {
		return hubKey{device: d.latest()}
	}
	return hubKey{name: l.Spec.Type}
}

// latest is the device that has d's name now.
func (d *Device) latest() *Device {
	for next := d.successor.Load(); next != nil; next = d.successor.Load() {
		d = next
	}
	return d
}

// wants reports whether an event of its device is one that it asked for.
func (l *Listener) wants(ev *luaapi.Event) bool {
	s := l.Spec
	switch s.State {
	case "", "start":
		if ev.State != "start" {
			return false
		}
	case "stop":
		if ev.State != "stop" {
			return false
		}
	}
	if s.Channel != 0 && s.Channel != ev.Channel {
		return false
	}
	if s.Type == "any" {
		return ev.Native != ""
	}
	return s.Type == ev.Type || ev.Native != "" && strings.EqualFold(s.Type, ev.Native)
}

// needsStream reports whether it listens to what only the event stream brings.
func (l *Listener) needsStream() bool {
	return l.Spec.Device != nil && (l.Spec.Type == "stale" || !luaapi.HostEvent(l.Spec.Type))
}

// Add makes l hear what happens from now on. Once more does nothing.
func (h *Hub) Add(l *Listener) { h.Swap(nil, []*Listener{l}) }

// Remove makes l hear nothing any more.
func (h *Hub) Remove(l *Listener) { h.Swap([]*Listener{l}, nil) }

// Swap lets those of next listen in the place of those of old: no event is
// told to both, or to neither.
func (h *Hub) Swap(old, next []*Listener) {
	interest := make(map[*Device]int)
	var order []*Device
	note := func(l *Listener, d *Device, by int) {
		if d != nil && l.needsStream() {
			if _, known := interest[d]; !known {
				order = append(order, d)
			}
			interest[d] += by
		}
	}
	h.mu.Lock()
	for _, l := range old {
		k := l.key()
		if d, ok := l.Spec.Device.(*Device); ok && !slices.Contains(h.byKey[k], l) {
			k = hubKey{device: d} // about to be moved
		}
		if i := slices.Index(h.byKey[k], l); i >= 0 {
			// Not in place: nobody looks at it now, but the slice may be shared.
			h.byKey[k] = slices.Delete(slices.Clone(h.byKey[k]), i, i+1)
			if len(h.byKey[k]) == 0 {
				delete(h.byKey, k)
			}
			note(l, k.device, -1)
		}
	}
	for _, l := range next {
		if k := l.key(); !slices.Contains(h.byKey[k], l) {
			h.byKey[k] = append(slices.Clip(h.byKey[k]), l)
			note(l, k.device, +1)
		}
	}
	h.mu.Unlock()
	for _, d := range order {
		d.feed.want(interest[d])
	}
}

// move lets those who listen to old, which was replaced, listen to next.
func (h *Hub) move(old, next *Device) {
	if h == nil {
		return
	}
	h.mu.Lock()
	from, to := hubKey{device: old}, hubKey{device: next}
	interest := 0
	for _, l := range h.byKey[from] {
		h.byKey[to] = append(slices.Clip(h.byKey[to]), l)
		if l.needsStream() {
			interest++
		}
	}
	delete(h.byKey, from)
	h.mu.Unlock()
	next.feed.want(interest)
	old.feed.want(-interest)
}

// Deliver tells of an event of d.
func (h *Hub) Deliver(d *Device, ev *luaapi.Event) {
	if h == nil {
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, l := range h.byKey[hubKey{device: d}] {
		if l.wants(ev) {
			l.Tell(ev, nil, nil)
		}
	}
}

// Len is the number of those who listen.
func (h *Hub) Len() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	n := 0
	for _, l := range h.byKey {
		n += len(l)
	}
	return n
}

// Emit tells of a value under a name.
func (h *Hub) Emit(name string, value any, at time.Time, chain any) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, l := range h.byKey[hubKey{name: name}] {
		l.Tell(&luaapi.Event{Type: name, State: "start", Time: at}, value, chain)
	}
}

// Events implements luaapi.Device.
func (d *Device) Events() string { return d.latest().feed.shown() }

// WaitEvent implements luaapi.Device.
func (d *Device) WaitEvent(ctx context.Context, spec luaapi.EventSpec, timeout time.Duration) (*luaapi.Event, error) {
	var mu sync.Mutex
	var got *luaapi.Event
	w := d.clk.NewWaiter()
	l := &Listener{Spec: spec, Tell: func(ev *luaapi.Event, _, _ any) {
		mu.Lock()
		defer mu.Unlock()
		if got == nil {
			got = ev
			w.Wake()
		}
	}}
	d.feed.hub.Add(l)
	defer d.feed.hub.Remove(l)
	if timeout > 0 {
		defer d.clk.AfterFunc(timeout, w.Wake).Stop()
	}
	err := clock.WaitFor(ctx, w)
	mu.Lock()
	defer mu.Unlock()
	if got != nil {
		return got, nil
	}
	return nil, err
}
