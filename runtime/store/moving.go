package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Moving is a head that was set in motion. Device, Channel, Part and Address
// say which one; the rest is for people.
type Moving struct {
	Device  string    `json:"device"`
	Channel int       `json:"channel"`
	Part    string    `json:"part,omitempty"` // "": pan, tilt and zoom; else "focus", "iris"
	Address string    `json:"address"`        // "http://192.0.2.10:80", no account
	Task    string    `json:"task,omitempty"`
	Since   time.Time `json:"since"`
}

func (m Moving) key() string {
	return fmt.Sprintf("%s\x00%d\x00%s\x00%s", m.Device, m.Channel, m.Part, m.Address)
}

// mark is one head in the file. Guarded by Store.mu.
type mark struct {
	Moving
	key     string
	moving  bool
	durable bool      // the disk has it
	cleared time.Time // when it came to rest
}

// SetMoving writes down that a head is about to move, and waits until the disk
// has it; if it fails, or ctx ends before, the error says so, and it is still
// tried. A head that came to rest within the last seconds is still written
// down, and then there is nothing to wait for. It runs on a goroutine of the
// clock.
func (s *Store) SetMoving(ctx context.Context, m Moving) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	key := m.key()
	k := s.marks[key]
	if k == nil {
		k = &mark{key: key}
		s.marks[key] = k
	}
	k.Moving, k.moving = m, true
	if k.durable {
		s.mu.Unlock()
		return nil
	}
	t := s.begin()
	s.mu.Unlock()
	return t.Wait(ctx)
}

// ClearMoving notes that the device has answered the stop. It does not wait:
// the disk learns it some 10 s later, unless the head moves again by then. A
// crash in between costs one stop too many.
func (s *Store) ClearMoving(m Moving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.marks[m.key()]
	if k == nil || !k.moving || s.closed {
		return
	}
	k.moving, k.cleared = false, s.clk.Now()
	s.beginLater()
}

// AllMoving are the heads that were set moving and not cleared, sorted. Asked
// before the first command it gives those that the process before left moving.
func (s *Store) AllMoving() []Moving {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Moving
	for _, k := range s.markList() {
		if k.moving {
			all = append(all, k.Moving)
		}
	}
	return all
}

// markList is called with mu held.
func (s *Store) markList() []*mark {
	return slices.SortedFunc(maps.Values(s.marks), func(a, b *mark) int { return strings.Compare(a.key, b.key) })
}

// collectMarks is called with mu held.
func (s *Store) collectMarks(b *batch) {
	now := s.clk.Now()
	for _, k := range s.markList() {
		switch {
		case k.moving && !k.durable:
			data, err := json.Marshal(k.Moving)
			if err != nil {
				data, _ = json.Marshal(Moving{Device: k.Device, Channel: k.Channel, Address: k.Address})
			}
			b.ops = append(b.ops, op{bucket: bucketMoving, key: k.key, value: data})
			b.kept = append(b.kept, func() { k.durable = true })
		case k.moving:
		case s.closing || now.Sub(k.cleared) >= lazyAfter || now.Before(k.cleared):
			b.ops = append(b.ops, op{bucket: bucketMoving, key: k.key})
			b.lost = append(b.lost, func() {
				if s.marks[k.key] == nil {
					s.marks[k.key] = k
				}
			})
			delete(s.marks, k.key)
		default:
			s.beginLater()
		}
	}
}

// loadMark is called before anybody else has the store.
func (s *Store) loadMark(name, data []byte) error {
	k := &mark{key: string(name), moving: true, durable: true}
	if err := json.Unmarshal(data, &k.Moving); err != nil {
		return fmt.Errorf("a head in motion: %w", err)
	}
	s.marks[k.key] = k
	return nil
}

// restore takes in the heads that could be read from a file that was broken.
func (s *Store) restore(heads map[string]*mark) {
	if len(heads) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, k := range heads {
		k.durable = false
		s.marks[key] = k
	}
	s.begin()
}
