package holdtest

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hiklua/hiklua/runtime/hold"
)

// entries is a log.
type entries struct {
	first uint64 // number of all[0]
	all   [][]byte
	busy  bool // one is in flight
}

// last is the number of the last entry.
func (l *entries) last() uint64 { return l.first + uint64(len(l.all)) - 1 }

// log is called with mu held.
func (e *Engine) log(name string) *entries {
	l := e.logs[name]
	if l == nil {
		l = &entries{first: 1}
		e.logs[name] = l
	}
	return l
}

// Append implements hold.Engine.
func (m *Member) Append(ctx context.Context, name string, after uint64, data []byte) (uint64, error) {
	e := m.e
	data = bytes.Clone(data)
	a := m.ask(ctx, func(reply func(answer)) {
		l := e.log(name)
		if l.busy || l.last() != after {
			reply(answer{err: fmt.Errorf("log %s: %w: its last entry is %d, in flight: %t", name, hold.ErrConflict, l.last(), l.busy)})
			return
		}
		l.busy = true
		reign := e.reign
		e.commit(func() { l.all = append(l.all, data) }, func() {
			l.busy = false
			if e.reign == reign {
				reply(answer{number: after + 1})
			}
		})
	})
	return a.number, a.err
}

// Read implements hold.Engine.
func (m *Member) Read(ctx context.Context, name string, after uint64, f func(seq uint64, data []byte) error) (uint64, error) {
	var found [][]byte
	var first uint64
	a := m.ask(ctx, func(reply func(answer)) {
		l := m.e.log(name)
		first = max(l.first, after+1)
		if first <= l.last() {
			found = l.all[first-l.first:]
		}
		reply(answer{number: l.last()})
	})
	if a.err != nil {
		return 0, a.err
	}
	for i, data := range found {
		if err := f(first+uint64(i), bytes.Clone(data)); err != nil {
			return 0, err
		}
	}
	return a.number, nil
}

// Tail implements hold.Engine.
func (m *Member) Tail(ctx context.Context, name string) ([]byte, uint64, error) {
	a := m.ask(ctx, func(reply func(answer)) {
		l := m.e.log(name)
		if len(l.all) == 0 {
			reply(answer{})
			return
		}
		reply(answer{data: l.all[len(l.all)-1], number: l.last()})
	})
	return bytes.Clone(a.data), a.number, a.err
}

// Purge implements hold.Engine.
func (m *Member) Purge(ctx context.Context, name string, before uint64) error {
	a := m.ask(ctx, func(reply func(answer)) {
		l := m.e.log(name)
		if before = min(before, l.last()); before > l.first {
			l.all, l.first = l.all[before-l.first:], before
		}
		reply(answer{})
	})
	return a.err
}
