package hold

import (
	"context"
	"errors"
)

// ErrNotHeld: a share can only be handed over by the host that holds it.
var ErrNotHeld = errors.New("this host does not hold the share")

// Holder takes part in the lease of one share.
type Holder struct {
	cfg Config
}

// New returns a Holder that wants its share and does nothing until Run.
func New(cfg Config) *Holder { return &Holder{cfg: cfg} }

// Run watches the share, claims it when that is due, and holds it while the engine
// confirms that. When ctx ends a share that is held is handed over to any host: Run
// returns when that is done.
func (h *Holder) Run(ctx context.Context) { panic("not yet") }

// HandOver ends the term in order and gives the share to the host named to. It
// returns when the engine has the record of that, or ctx has ended. The error wraps
// ErrNotHeld, or ErrUnknown: then the others wait for the lease to end.
func (h *Holder) HandOver(ctx context.Context, to string) error { panic("not yet") }

// Want says whether this host takes the share when it can. A share that is held is
// not let go by it.
func (h *Holder) Want(want bool) { panic("not yet") }

// Status is what h knows.
func (h *Holder) Status() Status { panic("not yet") }
