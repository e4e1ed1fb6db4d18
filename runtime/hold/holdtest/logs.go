package holdtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/hiklua/hiklua/runtime/hold"
)

// entries is a log.
type entries struct {
	all  []entry
	busy bool // one is in flight
}

// entry has a number of all logs of the engine: those of one log have gaps.
type entry struct {
	number uint64
	data   []byte
}

// last is the number of the last entry.
func (l *entries) last() uint64 {
	if len(l.all) == 0 {
		return 0
	}
	return l.all[len(l.all)-1].number
}

// after gives the entries after a number.
func (l *entries) after(number uint64) []entry {
	i := slices.IndexFunc(l.all, func(e entry) bool { return e.number > number })
	if i < 0 {
		return nil
	}
	return slices.Clone(l.all[i:])
}

// log is called with mu held.
func (e *Engine) log(name string) *entries {
	l := e.logs[name]
	if l == nil {
		l = &entries{}
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
		e.commit(func() {
			e.entry++
			l.all = append(l.all, entry{e.entry, data})
		}, func() {
			l.busy = false
			if e.reign == reign {
				reply(answer{number: l.last()})
			}
		})
	})
	return a.number, a.err
}

// Read implements hold.Engine.
func (m *Member) Read(ctx context.Context, name string, after uint64, f func(seq uint64, data []byte) error) (uint64, error) {
	var found []entry
	a := m.ask(ctx, func(reply func(answer)) {
		l := m.e.log(name)
		found = l.after(after)
		reply(answer{number: l.last()})
	})
	if a.err != nil {
		return 0, a.err
	}
	for _, entry := range found {
		if err := f(entry.number, bytes.Clone(entry.data)); err != nil {
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
		last := l.all[len(l.all)-1]
		reply(answer{data: last.data, number: last.number})
	})
	return bytes.Clone(a.data), a.number, a.err
}

// Purge implements hold.Engine.
func (m *Member) Purge(ctx context.Context, name string, before uint64) error {
	a := m.ask(ctx, func(reply func(answer)) {
		if l := m.e.log(name); len(l.all) > 0 {
			l.all = l.after(min(before, l.last()) - 1)
		}
		reply(answer{})
	})
	return a.err
}
