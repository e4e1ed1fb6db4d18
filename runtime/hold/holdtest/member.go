package holdtest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// Member is the engine as one member has it.
type Member struct {
	e   *Engine
	v   *voter
	clk clock.Clock
}

var _ hold.Engine = (*Member)(nil)

// Member is the engine as one member has it. clk is the clock of its machine: calls
// wait by it.
func (e *Engine) Member(name string, clk clock.Clock) *Member {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &Member{e: e, v: e.voter(name), clk: clk}
}

// answer is what came back.
type answer struct {
	data   []byte
	number uint64
	err    error
}

// ask sends a request to the leader, where serve is called with mu held, and waits for what
// serve gives to reply, which is called with mu held.
func (m *Member) ask(ctx context.Context, serve func(reply func(answer))) answer {
	return m.request(ctx, func(reply func(answer)) {
		if m.e.leader != nil && m.e.quorum() {
			serve(reply)
		}
	})
}

// request is ask of another than the leader.
func (m *Member) request(ctx context.Context, serve func(reply func(answer))) answer {
	w := m.clk.NewWaiter()
	var got *answer
	m.e.mu.Lock()
	m.e.send(m.v, m.e.trouble.Lose, func() {
		serve(func(a answer) {
			m.e.deliver(m.v, m.e.trouble.Lose, func() {
				got = &a
				w.Wake()
			})
		})
	})
	m.e.mu.Unlock()
	err := clock.WaitFor(ctx, w)
	m.e.mu.Lock()
	defer m.e.mu.Unlock()
	if got == nil {
		return answer{err: fmt.Errorf("%w: %w", hold.ErrUnknown, err)}
	}
	return *got
}

// commit has f called with mu held when a majority has what the leader took. If the
// leader is lost first that may be so or not, and done is not called. Called with mu
// held.
func (e *Engine) commit(f, done func()) {
	reign := e.reign
	e.clk.AfterFunc(time.Millisecond+time.Duration(e.rand.Int64N(int64(time.Millisecond))), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		led := e.reign == reign
		if led || e.chance(0.5) {
			f()
		}
		done()
	})
}

// CAS implements hold.Engine.
func (m *Member) CAS(ctx context.Context, name string, after uint64, data []byte) (uint64, error) {
	e := m.e
	m.Tell("cell "+name, data)
	data = bytes.Clone(data)
	a := m.ask(ctx, func(reply func(answer)) {
		c := e.cell(name)
		if c.busy || c.number != after {
			reply(answer{err: fmt.Errorf("cell %s: %w: its number is %d, in flight: %t", name, hold.ErrConflict, c.number, c.busy)})
			return
		}
		c.busy = true
		reign := e.reign
		e.commit(func() {
			e.number++
			c.data, c.number = data, e.number
		}, func() {
			c.busy = false
			if e.reign == reign {
				reply(answer{number: c.number})
			}
		})
	})
	return a.number, a.err
}

// Last implements hold.Engine.
func (m *Member) Last(ctx context.Context, name string) ([]byte, uint64, error) {
	a := m.ask(ctx, func(reply func(answer)) {
		c := m.e.cell(name)
		reply(answer{data: c.data, number: c.number})
	})
	return bytes.Clone(a.data), a.number, a.err
}

// Listen implements hold.Engine.
func (m *Member) Listen(name string, f func(data []byte)) (stop func()) {
	return m.Hear("cell "+name, f)
}

// StepAside has another member lead the engine than this one, if there is one.
func (m *Member) StepAside(ctx context.Context) error {
	a := m.ask(ctx, func(reply func(answer)) {
		for _, v := range m.e.voters {
			if m.e.leader == m.v && v != m.v && v.cuts == 0 {
				m.e.reign++
				m.e.leader = v
			}
		}
		reply(answer{})
	})
	return a.err
}

// cell is called with mu held.
func (e *Engine) cell(name string) *cell {
	c := e.cells[name]
	if c == nil {
		c = &cell{}
		e.cells[name] = c
	}
	return c
}

// Value is what stands in a cell, for a test to look at.
func (e *Engine) Value(name string) (data []byte, number uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.cell(name)
	return bytes.Clone(c.data), c.number
}
