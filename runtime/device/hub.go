package device

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/journal"
)

// Hub knows who listens to which device, and to which emitted name. Events are
// told under its lock, so that a reload hands the listeners over between two
// events and never within one.
type Hub struct {
	record func(journal.Entry) // of events; nil: none

	mu    sync.RWMutex
	byKey map[hubKey][]*Listener
}

// hubKey is a name of a device, or one that scripts emit.
type hubKey struct {
	ref  *Ref
	name string
}

// Listener is one handler, or one task that waits.
type Listener struct {
	Spec luaapi.EventSpec
	// Tell must not wait, nor change who listens. Value and chain are those of
	// an emission.
	Tell func(ev *luaapi.Event, value, chain any)
}

// NewHub returns a hub without listeners. Record, if it is not nil, is told of
// every event of a device; it must not wait.
func NewHub(record func(journal.Entry)) *Hub {
	return &Hub{record: record, byKey: make(map[hubKey][]*Listener)}
}

// key is where it listens.
func (l *Listener) key() hubKey {
	if r, ok := l.Spec.Device.(*Ref); ok {
		return hubKey{ref: r}
	}
	return hubKey{name: l.Spec.Type}
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
	var more, fewer []func()
	h.mu.Lock()
	for _, l := range old {
		k := l.key()
		if i := slices.Index(h.byKey[k], l); i >= 0 {
			// Not in place: an event that is being delivered may hold the slice.
			h.byKey[k] = slices.Delete(slices.Clone(h.byKey[k]), i, i+1)
			if len(h.byKey[k]) == 0 {
				delete(h.byKey, k)
			}
			fewer = append(fewer, l.interest(-1))
		}
	}
	for _, l := range next {
		if k := l.key(); !slices.Contains(h.byKey[k], l) {
			h.byKey[k] = append(slices.Clip(h.byKey[k]), l)
			more = append(more, l.interest(+1))
		}
	}
	h.mu.Unlock()
	for _, note := range slices.Concat(more, fewer) { // what both want goes on
		note()
	}
}

// interest is for the lock to be given back: it tells the device that one more, or
// fewer, wants its events.
func (l *Listener) interest(by int) func() {
	r, ok := l.Spec.Device.(*Ref)
	switch {
	case !ok:
		return func() {}
	case l.Spec.Type == luaapi.MovedEvent:
		return func() { r.wantPose(l.Spec.Channel, by) }
	case !l.needsStream():
		return func() {}
	}
	feed := r.dev().feed // now: the name may move to another device
	return func() { feed.want(by) }
}

// move has r go on over another line, perhaps at another device, which then is
// the one whose events are wanted.
func (h *Hub) move(r *Ref, next *line) {
	h.mu.Lock()
	interest := 0
	for _, l := range h.byKey[hubKey{ref: r}] {
		if l.needsStream() {
			interest++
		}
	}
	old := r.line.Swap(next)
	h.mu.Unlock()
	if old != nil && old.dev != next.dev && interest > 0 {
		next.dev.feed.want(interest)
		old.dev.feed.want(-interest)
	}
}

// Deliver tells of an event of r.
func (h *Hub) Deliver(r *Ref, ev *luaapi.Event) {
	if h.record != nil {
		h.record(journal.Entry{
			Kind: journal.Event, Time: ev.Time, Device: r.name, Channel: ev.Channel, What: ev.Type, Detail: ev.State, Name: about(ev),
		})
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, l := range h.byKey[hubKey{ref: r}] {
		if l.wants(ev) {
			l.Tell(ev, nil, nil)
		}
	}
}

// about is what the record has of an event beside its type: "human, region 2".
func about(ev *luaapi.Event) string {
	var parts []string
	add := func(text string, given bool) {
		if given {
			parts = append(parts, text)
		}
	}
	add(ev.Target, ev.Target != "")
	add("region "+strconv.Itoa(ev.Region), ev.Region != 0)
	add("input "+strconv.Itoa(ev.Port), ev.Port != 0)
	add(ev.Label, ev.Label != "")
	add(ev.Reason, ev.Reason != "")
	return strings.Join(parts, ", ")
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

// Emit tells of a value under a name, and returns how many were told.
func (h *Hub) Emit(name string, value any, at time.Time, chain any) (told int) {
	return h.EmitTo([]string{name}, name, value, at, chain)
}

// Has reports whether a name has listeners.
func (h *Hub) Has(name string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.byKey[hubKey{name: name}]) > 0
}

// EmitTo is Emit for those who listen to one of names: what is what they are told
// of.
func (h *Hub) EmitTo(names []string, what string, value any, at time.Time, chain any) (told int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, name := range names {
		list := h.byKey[hubKey{name: name}]
		for _, l := range list {
			l.Tell(&luaapi.Event{Type: what, State: "start", Time: at}, value, chain)
		}
		told += len(list)
	}
	return told
}

// Names are the names of emissions that have listeners, sorted.
func (h *Hub) Names() []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var names []string
	for key := range h.byKey {
		if key.ref == nil {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	return names
}
