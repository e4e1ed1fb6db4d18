package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// op is one change of the file.
type op struct {
	bucket string
	key    string
	value  []byte // nil: the key is deleted
	below  bool   // everything that begins with key is deleted
}

// batch is what goes to the disk as one. Guarded by Store.mu.
type batch struct {
	ops  []op
	kept []func() // called when the disk has it
	lost []func() // called when it has not: notes that it is to be written again

	cuts []int // of ops: what lies between two belongs together; see parts
	done bool
	err  error
}

// Ticket tells when the disk has what was handed over. The zero Ticket is for
// nothing at all.
type Ticket struct {
	store *Store
	batch *batch
	err   error
}

// Wait returns when the disk has it, with an error if the disk did not take
// it, or with ctx's cause when that ends before. It runs on a goroutine of the
// clock.
func (t Ticket) Wait(ctx context.Context) error {
	if t.batch == nil {
		return t.err
	}
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	for !t.batch.done {
		if cause := t.store.committed.Wait(ctx); cause != nil && !t.batch.done {
			return cause
		}
	}
	return t.batch.err
}

// submit adds a script's changes to the next batch. Called with mu held.
func (s *Store) submit(st *State, ops []op) Ticket {
	switch {
	case s.gone != nil:
		return Ticket{err: s.gone}
	case s.closed:
		return Ticket{err: ErrClosed}
	}
	if s.failing != nil && s.clk.Now().Before(s.retryAt) {
		st.behind = true
		s.beginLater()
		return Ticket{err: s.failing}
	}
	st.behind = false
	t := s.begin()
	t.batch.ops = append(t.batch.ops, ops...)
	t.batch.cuts = append(t.batch.cuts, len(t.batch.ops))
	t.batch.lost = append(t.batch.lost, func() { st.behind = true })
	return t
}

// begin has the committer write what has changed. Called with mu held.
func (s *Store) begin() Ticket {
	switch {
	case s.gone != nil:
		return Ticket{err: s.gone}
	case s.closed:
		return Ticket{err: ErrClosed}
	}
	if s.next == nil {
		s.next = new(batch)
	}
	if !s.running {
		s.running = true
		s.clk.Go(s.commit)
	}
	return Ticket{store: s, batch: s.next}
}

// beginLater is begin for changes that no task waits for. Called with mu held.
func (s *Store) beginLater() {
	if s.lazy != nil || s.closing || s.gone != nil {
		return
	}
	s.lazy = s.clk.AfterFunc(lazyAfter, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lazy = nil
		if !s.closing {
			s.begin()
		}
	})
}

// commit writes batch after batch until there is none left.
func (s *Store) commit() {
	for {
		// What a failed commit left behind, as it is now: here alone a script
		// may be caught between two of its writes.
		for _, st := range s.sorted(func(st *State) bool { return st.behind }) {
			st.mu.Lock()
			st.publish()
			st.mu.Unlock()
		}
		s.mu.Lock()
		b := s.next
		if b == nil && s.compacts() {
			s.mu.Unlock()
			s.compact()
			continue
		}
		if b == nil {
			s.running = false
			s.committed.Broadcast()
			s.mu.Unlock()
			return
		}
		s.next = nil
		if s.inMemory() {
			clear(s.runs.changed)
			clear(s.latest.changed)
		} else {
			s.runs.collect(b)
			s.latest.collect(b)
		}
		s.collectMarks(b)
		err, compacts := s.gone, s.compacts()
		s.mu.Unlock()
		var written []part
		switch {
		case err != nil:
		case s.cluster != nil:
			written, err = s.append(b)
		default:
			err = s.write(b.ops)
		}
		s.mu.Lock()
		s.finish(b, err)
		s.mu.Unlock()
		s.copy(written)
		if compacts { // a slice at a time: no task waits for more
			s.compact()
		}
	}
}

// finish tells those who wait for b. Called with mu held.
func (s *Store) finish(b *batch, err error) {
	defer func() {
		*b = batch{done: true, err: err} // a Ticket may be kept for long
		s.committed.Broadcast()
	}()
	if err == nil {
		if s.failing != nil && len(b.ops) > 0 && !s.anyBehind() {
			s.failing = nil
			s.log.Info("state is written again", "file", s.place())
		}
		for _, note := range b.kept {
			note()
		}
		return
	}
	err = fmt.Errorf("state could not be written to %s: %w", s.place(), err)
	if errors.Is(err, ErrFenced) && s.gone == nil {
		s.gone = err
	}
	if s.gone != nil {
		return
	}
	if s.failing == nil {
		s.log.Error("state is not written; it is tried again, and lost if the host ends before", "file", s.place(), "error", errors.Unwrap(err))
	}
	s.failing = err
	s.retryAt = s.clk.Now().Add(retryAfter)
	for _, note := range b.lost {
		note()
	}
	s.beginLater()
	// What was published meanwhile may rest on what was lost.
	if after := s.next; after != nil && len(after.ops) > 0 {
		s.next = nil
		s.finish(after, errors.Unwrap(err))
	}
}

// anyBehind is called with mu held.
func (s *Store) anyBehind() bool {
	for _, st := range s.states {
		if st.behind {
			return true
		}
	}
	return false
}

// sorted are the tables for which is holds, in an order that is always the
// same. is runs with mu held.
func (s *Store) sorted(is func(*State) bool) []*State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var states []*State
	for _, st := range s.states {
		if is(st) {
			states = append(states, st)
		}
	}
	slices.SortFunc(states, func(a, b *State) int { return strings.Compare(a.prefix, b.prefix) })
	return states
}
