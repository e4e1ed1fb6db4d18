package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// testEngine is the engine of tests as a member has it.
type testEngine struct {
	*holdtest.Member
	a      *arena
	name   string
	lame   bool // nothing can be put into a lease
	deaf   bool // nothing that is told is heard
	asides int  // how often this member was to have another one lead
	down   bool // it fails at once, as where this member's own server has ended
	// asked has how often a cell was asked for.
	asked map[string]int
}

var _ Engine = (*testEngine)(nil)

func (e *testEngine) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	if e.lame && strings.HasPrefix(cell, "lease.") {
		return 0, hold.ErrUnknown
	}
	return e.Member.CAS(ctx, cell, after, data)
}

func (e *testEngine) Last(ctx context.Context, cell string) ([]byte, uint64, error) {
	e.asked[cell]++
	switch {
	case e.down && e.asked[cell] > 3000: // without a pause that would have no end
		return nil, 0, errors.New("asked too often")
	case e.down:
		return nil, 0, hold.ErrUnknown
	}
	return e.Member.Last(ctx, cell)
}

func (e *testEngine) Hear(subject string, f func(data []byte)) (stop func()) {
	return e.Member.Hear(subject, e.unlessDeaf(f))
}

func (e *testEngine) unlessDeaf(f func(data []byte)) func(data []byte) {
	return func(data []byte) {
		if !e.deaf {
			f(data)
		}
	}
}

func (e *testEngine) StepAside(_ context.Context, to ...string) error {
	if e.a.engine.Leader() != e.name {
		return nil
	}
	e.asides++
	for _, b := range e.a.boxes {
		if slices.Contains(to, b.name) && b.process != nil && !b.process.m.Dead() && !b.process.m.Paused() && !b.cut {
			e.a.engine.Lead(b.name)
			return nil
		}
	}
	return nil
}

// Dismiss has no votes to take: that the engine does is a matter of its own tests.
func (e *testEngine) Dismiss(_ context.Context, name string) error {
	if name != "former" {
		return fmt.Errorf("%s has no vote in this cluster", name)
	}
	return nil
}

func (e *testEngine) Status() EngineStatus {
	st := EngineStatus{Leader: e.a.engine.Leader(), Quorum: e.a.engine.Quorum()}
	for _, b := range e.a.boxes {
		up := b.process != nil && !b.process.ended && !b.process.m.Dead()
		st.Members = append(st.Members, MemberStatus{Name: b.name, Role: RoleHost, Up: up})
	}
	return st
}
