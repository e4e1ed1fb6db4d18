package runtime

import (
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
)

// lookups are what a script has looked for, found or not: devices of the site, its
// broker, its hooks, and files of lib/. If one of them changes, so may the script.
type lookups struct {
	mu    sync.Mutex
	names map[string]bool
	all   bool                         // hik.devices()
	mqtt  bool                         // the broker
	hooks map[string]bool              // by name
	taken bool                         // another script had one of them
	files map[string][sha256.Size]byte // zero: there was none
}

func newLookups() *lookups {
	return &lookups{names: make(map[string]bool), hooks: make(map[string]bool), files: make(map[string][sha256.Size]byte)}
}

func (l *lookups) note(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names[name] = true
}

func (l *lookups) noteAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = true
}

func (l *lookups) noteBroker() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mqtt = true
}

func (l *lookups) noteHook(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hooks[name] = true
}

func (l *lookups) noteTaken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = true
}

func (l *lookups) isTaken() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

func (l *lookups) noteModule(file string, sum [sha256.Size]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files[file] = sum
}

func (l *lookups) modules() map[string][sha256.Size]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.files)
}

// modules are the files of lib/ that some script has looked for, sorted.
func (h *Host) modules() []string {
	h.mu.Lock()
	var all []*lookups
	for _, s := range h.states {
		all = append(all, s.seen)
	}
	for _, o := range h.loaders {
		if o.bad != nil && o.bad.version != nil {
			all = append(all, o.bad.version.seen)
		}
	}
	h.mu.Unlock()
	files := make(map[string]bool)
	for _, l := range all {
		for file := range l.modules() {
			files[file] = true
		}
	}
	return slices.Sorted(maps.Keys(files))
}
