package cluster

import (
	"context"

	"github.com/hiklua/hiklua/runtime/hold"
)

// Engine is what the hosts and witnesses of a cluster share, and the way from one
// member to another. In virtual time its calls run on goroutines of the clock.
type Engine interface {
	hold.Engine

	// Tell sends data to the members that hear a subject; it may be lost. It does
	// not wait.
	Tell(subject string, data []byte)
	// Hear has f called with what any member, this one too, tells under a subject.
	// f must not wait.
	Hear(subject string, f func(data []byte)) (stop func())
	// Ask has a member answer a question. The error wraps hold.ErrUnknown where no
	// answer came, though the member may have done what was asked, and is an
	// AskError where the member refused it.
	Ask(ctx context.Context, member, question string, data []byte) ([]byte, error)
	// Answer has f answer the questions to this member of one kind, each on a
	// goroutine of the clock. The text of an error goes to the member that asks.
	Answer(question string, f func(ctx context.Context, data []byte) ([]byte, error)) (stop func())

	// StepAside has one of the members of to lead the leases in the place of this one,
	// the first that can, so that the death of this machine does not end both its share
	// and the leader. Where none can yet, this one goes on.
	StepAside(ctx context.Context, to ...string) error
	// Dismiss takes the vote of a host or witness that site.yaml does not have any
	// more, and that does not run.
	Dismiss(ctx context.Context, name string) error
	// Status is how the engine fares. It does not wait.
	Status() EngineStatus
}

// AskError is the refusal of a member that was asked something.
type AskError struct {
	Member string
	Reason string // as the member wrote it
}

func (e *AskError) Error() string { return e.Member + ": " + e.Reason }
