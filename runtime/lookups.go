package runtime

import (
	"maps"
	"slices"
	"sync"
)

// lookups are the devices of the site that a script has looked for, found or
// not: if one of them changes, so may the script.
type lookups struct {
	mu    sync.Mutex
	names map[string]bool
	all   bool // hik.devices()
}

func (l *lookups) note(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = make(map[string]bool)
	}
	l.names[name] = true
}

func (l *lookups) noteAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = true
}

// forgetTried drops what is known of files that are gone.
func (h *Host) forgetTried(files []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.tried, func(file string, _ version) bool { return !slices.Contains(files, file) })
}
