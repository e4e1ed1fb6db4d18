package holdtest

import (
	"context"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// Engine is what the members share. Without Trouble it answers after a millisecond.
type Engine struct{ clk clock.Clock }

// NewEngine returns an engine with a vote for each member. clk may be real.
func NewEngine(clk clock.Clock, members ...string) *Engine { return &Engine{clk: clk} }

// Member is the engine as one member has it. clk is that of the member's machine.
func (e *Engine) Member(name string, clk clock.Clock) *Member { return &Member{} }

// Cut keeps everything from and to a member; Mend ends that.
func (e *Engine) Cut(member string) {}

// Mend ends a Cut.
func (e *Engine) Mend(member string) {}

// Member is the engine as one member has it.
type Member struct{}

var _ hold.Engine = (*Member)(nil)

func (m *Member) CAS(ctx context.Context, cell string, after uint64, data []byte) (seq uint64, err error) {
	panic("not yet")
}
func (m *Member) Last(ctx context.Context, cell string) (data []byte, seq uint64, err error) {
	panic("not yet")
}
func (m *Member) Listen(cell string, f func(data []byte)) (stop func()) { panic("not yet") }
func (m *Member) Append(ctx context.Context, log string, after uint64, data []byte) (seq uint64, err error) {
	panic("not yet")
}
func (m *Member) Read(ctx context.Context, log string, after uint64, f func(seq uint64, data []byte) error) (last uint64, err error) {
	panic("not yet")
}
func (m *Member) Tail(ctx context.Context, log string) (data []byte, seq uint64, err error) {
	panic("not yet")
}
func (m *Member) Purge(ctx context.Context, log string, before uint64) error { panic("not yet") }
