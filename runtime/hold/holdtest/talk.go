package holdtest

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/hiklua/hiklua/runtime/hold"
)

// ear is one that hears what is told.
type ear struct {
	v       *voter
	subject string
	f       func(data []byte)
}

// Tell sends data to those that hear a subject. It may be lost.
func (m *Member) Tell(subject string, data []byte) {
	e := m.e
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, to := range e.ears {
		if to.subject != subject || to.v == m.v {
			continue
		}
		data := bytes.Clone(data)
		e.send(m.v, e.trouble.Deaf, func() { e.arrive(to, data) })
	}
	// A member hears itself also where it is cut off.
	for _, to := range e.ears {
		if to.subject == subject && to.v == m.v {
			e.clk.AfterFunc(0, func() { to.f(bytes.Clone(data)) })
		}
	}
}

// arrive has to called, unless it is cut off or hears no more. Called with mu held.
func (e *Engine) arrive(to *ear, data []byte) {
	if to.v.cuts > 0 || !slices.Contains(e.ears, to) {
		return
	}
	// f may call the engine.
	e.clk.AfterFunc(0, func() { to.f(data) })
}

// Hear has f called with what any member, this one too, tells under a subject.
func (m *Member) Hear(subject string, f func(data []byte)) (stop func()) {
	m.e.mu.Lock()
	defer m.e.mu.Unlock()
	to := &ear{m.v, subject, f}
	m.e.ears = append(m.e.ears, to)
	return func() {
		m.e.mu.Lock()
		defer m.e.mu.Unlock()
		m.e.ears = slices.DeleteFunc(m.e.ears, func(other *ear) bool { return other == to })
	}
}

// answering is a kind of question to a member.
type answering struct{ member, question string }

type answerer struct {
	m *Member
	f func(ctx context.Context, data []byte) ([]byte, error)
}

// Ask has a member answer a question.
func (m *Member) Ask(ctx context.Context, member, question string, data []byte) ([]byte, error) {
	e := m.e
	data = bytes.Clone(data)
	a := m.request(ctx, func(reply func(answer)) {
		by := e.answers[answering{member, question}]
		if by == nil || by.m.v.cuts > 0 {
			return
		}
		by.m.clk.Go(func() {
			given, err := by.f(context.Background(), data)
			e.mu.Lock()
			defer e.mu.Unlock()
			if by.m.v.cuts == 0 {
				reply(answer{data: given, err: err})
			}
		})
	})
	if a.err != nil && !errors.Is(a.err, hold.ErrUnknown) && e.Refused != nil {
		a.err = e.Refused(member, a.err.Error())
	}
	return a.data, a.err
}

// Answer has f answer the questions to this member of one kind.
func (m *Member) Answer(question string, f func(ctx context.Context, data []byte) ([]byte, error)) (stop func()) {
	m.e.mu.Lock()
	defer m.e.mu.Unlock()
	key, by := answering{m.v.name, question}, &answerer{m, f}
	m.e.answers[key] = by
	return func() {
		m.e.mu.Lock()
		defer m.e.mu.Unlock()
		if m.e.answers[key] == by {
			delete(m.e.answers, key)
		}
	}
}
