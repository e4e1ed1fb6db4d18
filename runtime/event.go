package runtime

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// hub knows who listens to which device, and to which emitted name. Events are
// told under its lock, so that a reload hands the listeners over between two
// events and never within one.
type hub struct {
	mu    sync.RWMutex
	byKey map[hubKey][]*listener
}

// hubKey is a device, or a name that scripts emit.
type hubKey struct {
	device *Device
	name   string
}

// listener is one handler, or one task that waits.
type listener struct {
	spec luaapi.EventSpec
	// tell must not wait, nor change who listens. Value is that of an
	// emission.
	tell func(ev *luaapi.Event, value any, chain *emission)
}

func newHub() *hub { return &hub{byKey: make(map[hubKey][]*listener)} }

// key is where it listens: a device that was replaced in site.yaml has handed
// its listeners on.
func (l *listener) key() hubKey {
	if d, ok := l.spec.Device.(*Device); ok {
		return hubKey{device: d.latest()}
	}
	return hubKey{name: l.spec.Type}
}

// latest is the device that has d's name now.
func (d *Device) latest() *Device {
	for next := d.successor.Load(); next != nil; next = d.successor.Load() {
		d = next
	}
	return d
}

// wants reports whether an event of its device is one that it asked for.
func (l *listener) wants(ev *luaapi.Event) bool {
	s := l.spec
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
func (l *listener) needsStream() bool {
	return l.spec.Device != nil && (l.spec.Type == "stale" || !luaapi.HostEvent(l.spec.Type))
}

// add makes l hear what happens from now on. Once more does nothing.
func (h *hub) add(l *listener) { h.swap(nil, []*listener{l}) }

func (h *hub) remove(l *listener) { h.swap([]*listener{l}, nil) }

// swap lets those of next listen in the place of those of old: no event is
// told to both, or to neither.
func (h *hub) swap(old, next []*listener) {
	interest := make(map[*Device]int)
	var order []*Device
	note := func(l *listener, d *Device, by int) {
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
		if d, ok := l.spec.Device.(*Device); ok && !slices.Contains(h.byKey[k], l) {
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
func (h *hub) move(old, next *Device) {
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

// deliver tells of an event of d.
func (h *hub) deliver(d *Device, ev *luaapi.Event) {
	if h == nil {
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, l := range h.byKey[hubKey{device: d}] {
		if l.wants(ev) {
			l.tell(ev, nil, nil)
		}
	}
}

// emit tells of a value under a name.
func (h *hub) emit(name string, value any, at time.Time, chain *emission) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, l := range h.byKey[hubKey{name: name}] {
		l.tell(&luaapi.Event{Type: name, State: "start", Time: at}, value, chain)
	}
}

// Events implements luaapi.Device.
func (d *Device) Events() string { return d.latest().feed.shown() }

// WaitEvent implements luaapi.Device.
func (d *Device) WaitEvent(ctx context.Context, spec luaapi.EventSpec, timeout time.Duration) (*luaapi.Event, error) {
	var mu sync.Mutex
	var got *luaapi.Event
	w := d.clk.NewWaiter()
	l := &listener{spec: spec, tell: func(ev *luaapi.Event, _ any, _ *emission) {
		mu.Lock()
		defer mu.Unlock()
		if got == nil {
			got = ev
			w.Wake()
		}
	}}
	d.feed.hub.add(l)
	defer d.feed.hub.remove(l)
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
