// Package logtest has the log of a share in memory, as the hosts of a cluster see
// it: for tests of what is kept in it. It imports nothing of the store, whose own
// tests use it.
package logtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// ErrUnknown is for an append without an answer.
var ErrUnknown = errors.New("the engine does not answer")

// Fault is what becomes of an append.
type Fault int

const (
	None    Fault = iota
	Refused       // it is not in the log, and an error says at once that it is not known
	Lost          // it is in the log, and no answer comes
	Hang          // it is not in the log, and no answer comes
)

// Entry is one of the log.
type Entry struct {
	Seq  uint64
	Data []byte // none: a term begins
}

// Log is the log of one share. Its numbers have gaps, as those of a stream have that
// other shares write to.
type Log struct {
	clk    clock.Clock
	fenced error

	mu      sync.Mutex
	entries []Entry
	seq     uint64
	term    *Term
	fault   func(data []byte) Fault
	delay   time.Duration
	purges  int
}

// New is an empty log. fenced is what a former holder is told.
func New(clk clock.Clock, fenced error) *Log { return &Log{clk: clk, fenced: fenced} }

// Term is the log to one holder.
type Term struct{ log *Log }

// Hold begins a term: what former holders add is refused from here on.
func (l *Log) Hold() *Term {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.term = &Term{l}
	l.add(nil)
	return l.term
}

// Break has every append meet the fault that f gives, after a delay. Nil: none.
func (l *Log) Break(delay time.Duration, f func(data []byte) Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay, l.fault = delay, f
}

// Entries are those that were not purged. Set replaces them.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// Set replaces the entries.
func (l *Log) Set(entries []Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = entries
}

// Purges is how often the log was purged.
func (l *Log) Purges() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.purges
}

// add is called with mu held.
func (l *Log) add(data []byte) uint64 {
	l.seq += 1 + l.seq%3
	l.entries = append(l.entries, Entry{l.seq, slices.Clone(data)})
	return l.seq
}

// Append implements store.Log.
func (t *Term) Append(ctx context.Context, data []byte) (uint64, error) {
	l := t.log
	l.mu.Lock()
	delay, fault := l.delay, None
	if l.fault != nil {
		fault = l.fault(data)
	}
	l.mu.Unlock()
	if delay > 0 && clock.Sleep(ctx, l.clk, delay) != nil {
		return 0, ErrUnknown
	}
	l.mu.Lock()
	if l.term != t {
		l.mu.Unlock()
		return 0, l.fenced
	}
	var seq uint64
	if fault == None || fault == Lost {
		seq = l.add(data)
	}
	l.mu.Unlock()
	switch fault {
	case Refused:
		return 0, ErrUnknown
	case Lost, Hang:
		clock.WaitFor(ctx, l.clk.NewWaiter())
		return 0, ErrUnknown
	}
	return seq, nil
}

// Read implements store.Log.
func (t *Term) Read(ctx context.Context, after uint64, f func(seq uint64, data []byte) error) error {
	for _, e := range t.log.Entries() {
		if e.Seq <= after {
			continue
		}
		if err := f(e.Seq, e.Data); err != nil {
			return err
		}
	}
	return nil
}

// Purge implements store.Log.
func (t *Term) Purge(ctx context.Context, before uint64) error {
	l := t.log
	l.mu.Lock()
	defer l.mu.Unlock()
	l.purges++
	if l.fault != nil && l.fault(nil) != None {
		return ErrUnknown
	}
	l.entries = slices.DeleteFunc(l.entries, func(e Entry) bool { return e.Seq < before })
	return nil
}
