package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/journal"
)

// head is a channel of a device.
type head struct {
	device  string
	channel int
}

// book is what is known of channels beside the Status of the host: where heads were
// sent, what moves, and which presets there are. It outlives connections.
type book struct {
	mu      sync.Mutex
	moving  map[head]bool     // something is in motion before the camera
	at      map[head]int      // the preset that the head was sent to; 0: elsewhere
	presets map[head][]preset // in their order
	stale   map[head]bool     // presets are to be asked for anew
}

// preset is one that people choose by its label.
type preset struct {
	id    int
	label string
}

// Record takes what happens on the site. It does not wait.
func (b *Bridge) Record(e journal.Entry) {
	if b.book.note(e) || e.Kind == journal.Script {
		b.Look()
	}
}

// note reports whether e has changed something.
func (k *book) note(e journal.Entry) (changed bool) {
	h := head{e.Device, e.Channel}
	switch {
	case e.Device == "":
		return false
	case e.Kind == journal.Event && e.What == "motion":
		k.mu.Lock()
		defer k.mu.Unlock()
		changed = k.moving[h] != (e.Detail == "start")
		put(&k.moving, h, e.Detail == "start")
	case e.Kind == journal.Event && e.What == "moved":
		changed = k.sent(h, 0)
	case e.Kind == journal.Command && (e.What == "set_preset" || e.What == "delete_preset"):
		k.mu.Lock()
		defer k.mu.Unlock()
		put(&k.stale, h, true)
	case e.Kind == journal.Command && e.Head:
		id := 0
		if e.What == "preset" && e.Err == nil {
			fmt.Sscan(e.Detail, &id) // what is no number is none
		}
		changed = k.sent(h, id)
	}
	return changed
}

func put[V any](m *map[head]V, h head, v V) {
	if *m == nil {
		*m = make(map[head]V)
	}
	(*m)[h] = v
}

func (k *book) sent(h head, id int) (changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	changed = k.at[h] != id
	put(&k.at, h, id)
	return changed
}

// still forgets the motion before the cameras of a device whose events don't come.
func (k *book) still(device string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for h := range k.moving {
		if h.device == device {
			delete(k.moving, h)
		}
	}
}

// states are motion and preset of a channel as they are published.
func (k *book) states(h head) (motion, at string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	motion, at = "OFF", none
	if k.moving[h] {
		motion = "ON"
	}
	for _, p := range k.presets[h] {
		if p.id == k.at[h] {
			at = p.label
		}
	}
	return motion, at
}

// none is where a head is that is at no preset, for Home Assistant: unknown.
const none = "None"

// labels are the presets of a head as people choose them.
func (k *book) labels(h head) (labels []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.presets[h] {
		labels = append(labels, p.label)
	}
	return labels
}

func (k *book) presetID(h head, label string) (id int, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.presets[h], func(p preset) bool { return p.label == label })
	if i < 0 {
		return 0, false
	}
	return k.presets[h][i].id, true
}

// keepPresets notes the presets of a head. A label is the name; where there is none,
// where several have it, or where it would be taken for something else, the number is
// in it, too.
func (k *book) keepPresets(h head, list []isapi.Preset) {
	count := make(map[string]int)
	name := func(p isapi.Preset) string { return strings.Join(strings.Fields(firstWords(p.Name, 64)), " ") }
	for _, p := range list {
		count[name(p)]++
	}
	var all []preset
	used := make(map[string]bool)
	for _, p := range list {
		label := name(p)
		_, isNumber := number(label)
		switch {
		case label == "":
			label = fmt.Sprintf("Preset %d", p.ID)
		case count[label] > 1, strings.EqualFold(label, none), isNumber:
			label = fmt.Sprintf("%s (%d)", label, p.ID)
		}
		if used[label] { // somebody's name is the label of another
			label = fmt.Sprintf("%s [%d]", label, p.ID)
		}
		used[label] = true
		all = append(all, preset{p.ID, label})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	put(&k.presets, h, all)
	delete(k.stale, h)
}

func number(text string) (n int, ok bool) {
	_, err := fmt.Sscanf(text+"$", "%d$", &n)
	return n, err == nil
}

// isStale reports whether the presets of a head are to be asked for anew.
func (k *book) isStale(h head) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stale[h]
}
