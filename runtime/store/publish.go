package store

import (
	"context"
	"slices"
	"strings"
)

// mark notes that what lies at path differs from the disk. Called with mu held.
func (s *State) mark(path []key, below bool) {
	s.buf = append(s.buf[:0], s.prefix...)
	for _, k := range path {
		s.buf = k.appendTo(s.buf)
	}
	if s.dirty == nil {
		s.dirty = make(map[string]bool)
	}
	if marked, ok := s.dirty[string(s.buf)]; !ok || below && !marked {
		s.dirty[string(s.buf)] = below
	}
}

// Publish hands over for writing what was changed since the last Publish, and
// returns at once. If nothing was, the Ticket is ready and it costs nothing.
// The host calls it with the script's lock held, before a task waits and when
// it ends; the Ticket is waited for before that wait returns.
func (s *State) Publish() Ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dirty) == 0 {
		return Ticket{}
	}
	return s.publish()
}

// Written is Publish for a task that has written. Another script may have
// published those changes meanwhile, as happens in the table that all share:
// then the Ticket is that one's.
func (s *State) Written() Ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dirty) == 0 {
		return s.last
	}
	return s.publish()
}

// Sync is Publish and the wait for it. It runs on a goroutine of the clock.
func (s *State) Sync(ctx context.Context) error { return s.Publish().Wait(ctx) }

// publish is called with mu held.
func (s *State) publish() Ticket {
	st := s.store
	st.mu.Lock()
	behind := s.behind
	st.mu.Unlock()
	ops := s.changes(behind)

	st.mu.Lock()
	defer st.mu.Unlock()
	if s.behind && !behind {
		ops = s.changes(true) // a commit failed just now
	}
	clear(s.dirty)
	s.last = st.submit(s, ops)
	return s.last
}

// changes are what brings the disk up to date: what was marked, or, where the
// disk lags behind, everything. Called with mu held.
func (s *State) changes(all bool) []op {
	if all {
		return s.below([]op{{bucket: bucketState, key: s.prefix, below: true}}, []byte(s.prefix), &s.root)
	}
	paths := make([]string, 0, len(s.dirty))
	for path := range s.dirty {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	var ops []op
	covered := ""
	for _, path := range paths {
		if covered != "" && strings.HasPrefix(path, covered) {
			continue
		}
		below := s.dirty[path]
		if below {
			covered = path
		}
		keys, err := parsePath(path[len(s.prefix):])
		if err != nil {
			panic(err) // written by mark
		}
		v, found := s.root.at(keys)
		if below {
			ops = append(ops, op{bucket: bucketState, key: path, below: true})
		}
		switch {
		case !found && !below:
			ops = append(ops, op{bucket: bucketState, key: path})
		case !found:
		case len(keys) == 0:
			ops = s.below(ops, []byte(path), &s.root)
		default:
			ops = s.put(ops, []byte(path), v)
		}
	}
	return ops
}

func (s *State) put(ops []op, path []byte, v value) []op {
	ops = append(ops, op{bucket: bucketState, key: string(path), value: v.bytes()})
	if v.kind == kindTable {
		ops = s.below(ops, path, v.table)
	}
	return ops
}

func (s *State) below(ops []op, path []byte, t *table) []op {
	for _, e := range t.entries {
		ops = s.put(ops, e.key.appendTo(path[:len(path):len(path)]), e.value)
	}
	return ops
}
