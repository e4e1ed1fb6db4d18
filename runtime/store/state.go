package store

import (
	"errors"
	"fmt"
	"sync"
)

// State is the table of one script, or the one that all share. Its methods may
// be called from any goroutine; none of them waits, but Sync.
//
// A path is the keys from the top to a value: strings and numbers (float64 or
// int), at most MaxDepth. A value is a string, a float64, a bool, or a table,
// which is written as a map[any]any and read key by key.
type State struct {
	store  *Store
	prefix string // of all its keys on disk

	mu    sync.Mutex
	root  table
	size  int
	dirty map[string]bool // changed since Publish; true: also what lies below
	buf   []byte
	last  Ticket // of the newest publish

	behind bool // guarded by Store.mu: a commit failed, all of it has to be written
}

// Get reads the value at path: nil if there is none. Of a table it says only
// that it is one.
func (s *State) Get(path []any) (v any, table bool) {
	var buf [MaxDepth]key
	keys, err := pathOf(path, buf[:0])
	if err != nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.root.at(keys)
	switch {
	case !ok:
		return nil, false
	case found.kind == kindTable:
		return nil, true
	}
	return found.plain(), false
}

// Copy reads all that lies at path, tables as map[any]any with keys that are
// strings or float64.
func (s *State) Copy(path []any) any {
	var buf [MaxDepth]key
	keys, err := pathOf(path, buf[:0])
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.root.at(keys); ok {
		return found.plain()
	}
	return nil
}

// Set writes a value; nil deletes. The table it lies in must be there:
// otherwise the error is ErrNoTable. What passes a limit is refused with a
// *LimitError and changes nothing. With a path of no keys everything is
// replaced.
func (s *State) Set(path []any, v any) error {
	var buf [MaxDepth]key
	keys, err := pathOf(path, buf[:0])
	if err != nil {
		return err
	}
	var written value
	if v != nil {
		if written, err = valueOf(v, keys); err != nil {
			return err
		}
	}
	switch {
	case len(keys) == 0 && v == nil:
		return s.replace(value{kind: kindTable, table: new(table)})
	case len(keys) == 0:
		return s.replace(written)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, err := s.parent(keys)
	if err != nil {
		return err
	}
	last := keys[len(keys)-1]
	grown, tables := s.size, written.kind == kindTable
	i, found := parent.find(last)
	if found {
		old := parent.entries[i].value
		if old.same(written) {
			return nil
		}
		grown -= size(last, old)
		tables = tables || old.kind == kindTable
	}
	switch {
	case v == nil && !found:
		return nil
	case v == nil:
		parent.remove(i)
	default:
		grown += size(last, written)
		if grown > MaxSize && grown > s.size {
			return &LimitError{Path: pathText(keys), Limit: "size", Got: grown, Most: MaxSize}
		}
		parent.put(last, written)
	}
	s.size = grown
	s.mark(keys, tables)
	return nil
}

// Delete removes what lies at path, if anything does.
func (s *State) Delete(path []any) error { return s.Set(path, nil) }

func (s *State) replace(v value) error {
	if v.kind != kindTable {
		return errors.New("the whole of it can only be replaced by a table")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grown := v.table.size()
	if grown > MaxSize && grown > s.size {
		return &LimitError{Path: pathText(nil), Limit: "size", Got: grown, Most: MaxSize}
	}
	s.root, s.size = *v.table, grown
	s.mark(nil, true)
	return nil
}

// parent is the table in which the last of keys lies. Called with mu held.
func (s *State) parent(keys []key) (*table, error) {
	above := keys[:len(keys)-1]
	v, ok := s.root.at(above)
	if !ok || v.kind != kindTable {
		return nil, fmt.Errorf("%s cannot be written: %w at %s", pathText(keys), ErrNoTable, pathText(above))
	}
	return v.table, nil
}

// Len is Lua's # of the table at path: 0 if there is none.
func (s *State) Len(path []any) int {
	t, unlock := s.locked(path)
	defer unlock()
	if t == nil {
		return 0
	}
	return t.length()
}

// Next is the entry that follows the key after in the table at path; nil asks
// for the first, and a nil key says that there is none left. The order is
// numbers, then strings, each rising. Entries may come and go between two
// calls.
func (s *State) Next(path []any, after any) (k, v any, table bool) {
	t, unlock := s.locked(path)
	defer unlock()
	if t == nil {
		return nil, nil, false
	}
	i := 0
	if after != nil {
		last, err := keyOf(after)
		if err != nil {
			return nil, nil, false
		}
		found := false
		if i, found = t.find(last); found {
			i++
		}
	}
	if i >= len(t.entries) {
		return nil, nil, false
	}
	e := t.entries[i]
	if e.value.kind == kindTable {
		return e.key.plain(), nil, true
	}
	return e.key.plain(), e.value.plain(), false
}

// locked finds the table at path, or nil, and holds mu until unlock.
func (s *State) locked(path []any) (t *table, unlock func()) {
	var buf [MaxDepth]key
	keys, err := pathOf(path, buf[:0])
	s.mu.Lock()
	if err != nil {
		return nil, s.mu.Unlock
	}
	if v, ok := s.root.at(keys); ok && v.kind == kindTable {
		t = v.table
	}
	return t, s.mu.Unlock
}

// Size is how much of MaxSize is used, in bytes.
func (s *State) Size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}
