package device

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// Owner is who gives commands: a task, or a REPL session. A motion belongs to
// its owner, and is stopped when the owner ends.
type Owner struct {
	Name   string // as people read it: "tour/night#3", "the REPL"
	Script string // for the journal, as are the next two
	Job    string
	Task   string

	parent atomic.Pointer[Owner] // whose child it is
	run    *Owner                // the first of its line: the run that it belongs to; nil: itself

	events atomic.Int32 // events that it waits for

	mu      sync.Mutex
	motions []*motion
	leases  []*lease
	ended   bool
}

type ownerKey struct{}

// WithOwner returns a context whose commands o gives.
func WithOwner(ctx context.Context, o *Owner) context.Context {
	return clock.WithValue(ctx, ownerKey{}, o)
}

// ownerOf finds who gives the commands of a context.
func ownerOf(ctx context.Context) *Owner {
	if o, ok := ctx.Value(ownerKey{}).(*Owner); ok {
		return o
	}
	return &Owner{Name: "the host"}
}

// BelongsTo makes o a part of the run that another owner is a part of. It is
// called before o gives a command.
func (o *Owner) BelongsTo(other *Owner) { o.run = other.runOf() }

func (o *Owner) runOf() *Owner {
	if o.run != nil {
		return o.run
	}
	return o
}

// goesOn reports whether the owner, or the run that it belongs to, has not ended.
func (o *Owner) goesOn() bool { return !o.hasEnded() || !o.runOf().hasEnded() }

// ChildOf makes o a child: it may use the heads that its parent has for itself.
func (o *Owner) ChildOf(parent *Owner) {
	o.parent.Store(parent)
	// Those that have ended are left out, or a chain of tasks each of which
	// begins the next would be kept for ever.
	for p := parent.parent.Load(); p != nil && p.hasEnded(); p = p.parent.Load() {
		parent.parent.Store(p.parent.Load())
	}
}

func (o *Owner) hasEnded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended
}

// within reports whether o is other, or a child of it.
func (o *Owner) within(other *Owner) bool {
	for ; o != nil; o = o.parent.Load() {
		if o == other {
			return true
		}
	}
	return false
}

// addTo takes in a motion that is about to be sent, or a lease that o has got.
func addTo[T any](o *Owner, list *[]T, thing T) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return errAbandoned
	}
	*list = append(*list, thing)
	return nil
}

func removeFrom[T comparable](o *Owner, list *[]T, thing T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*list = slices.DeleteFunc(*list, func(other T) bool { return other == thing })
}

// Run is the task of the run that o belongs to.
func (o *Owner) Run() string { return o.runOf().Task }

// AwaitsEvent reports whether o waits for an event of a device.
func (o *Owner) AwaitsEvent() bool { return o.events.Load() > 0 }

// StopHeads has every head stopped that the owner has set moving, and reports
// whether there was one. It does not wait.
func (o *Owner) StopHeads() bool { return len(o.stopHeads(false)) > 0 }

// End is StopHeads, and lets the owner begin no further motion. What it had for
// itself is others' again.
func (o *Owner) End() { o.stopHeads(true) }

func (o *Owner) stopHeads(end bool) []*motion {
	o.mu.Lock()
	o.ended = o.ended || end
	motions := slices.Clone(o.motions)
	var leases []*lease
	if end {
		leases, o.leases = o.leases, nil
	}
	o.mu.Unlock()
	for _, m := range motions {
		m.head.d.mu.Lock()
		m.stopFor(journal.StopTask)
		m.head.d.mu.Unlock()
	}
	for _, l := range leases {
		l.end()
	}
	return motions
}

// EndAndWait is End, and returns when the heads are at rest, StopTimeout has
// passed, or ctx has ended.
func (o *Owner) EndAndWait(ctx context.Context, clk clock.Clock) {
	motions := o.stopHeads(true)
	if len(motions) == 0 {
		return
	}
	ctx, cancel := clock.WithTimeout(clk, ctx, StopTimeout)
	defer cancel()
	for _, m := range motions {
		m.wait(ctx)
	}
}

// GiveTo hands the motions to another owner.
func (o *Owner) GiveTo(heir *Owner) {
	o.mu.Lock()
	motions := o.motions
	o.motions = nil
	o.mu.Unlock()
	for _, m := range motions {
		m.head.d.mu.Lock()
		m.owner = heir
		if !m.ended && addTo(heir, &heir.motions, m) != nil {
			m.stopNow()
		}
		m.head.d.mu.Unlock()
	}
}
