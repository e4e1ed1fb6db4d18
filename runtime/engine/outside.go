//go:build !nofleet

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// outsideTimeout is how long a cluster outside may take to answer at the start.
	outsideTimeout = 30 * time.Second
	// outsideReplicas is how many of its servers must have each message.
	outsideReplicas = 3
)

// connectOutside connects with a cluster that is not ours, and looks whether it is
// fit. That its servers have sync_interval: always can't be seen from here.
func (e *Engine) connectOutside(ctx context.Context, options []nats.Option) error {
	ctx, cancel := clock.WithTimeout(e.cfg.Clock, ctx, outsideTimeout)
	defer cancel()
	var err error
	if e.nc, err = nats.Connect(e.cfg.URL, append(options, nats.RetryOnFailedConnect(true))...); err != nil {
		return fmt.Errorf("%w: %w", ErrOutside, err)
	}
	for {
		err := e.makeStreams(ctx, outsideReplicas)
		if size := e.nc.MaxPayload(); err == nil && size < MaxData+4096 {
			err = fmt.Errorf("%w: max_payload of its servers is %d and must be %d at least", errUnfit, size, MaxData+4096)
		}
		refused, answered := errors.AsType[*refusal](err)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errUnfit):
			return fmt.Errorf("%w: %w", ErrOutside, err)
		case answered && refused.ErrorCode != codeNotAvailable: // it does not elect a leader
			return fmt.Errorf("%w: %w", ErrOutside, refused)
		case errors.Is(err, nats.ErrNoResponders):
			return fmt.Errorf("%w: JetStream is not enabled for this account", ErrOutside)
		case e.nc.IsClosed(): // it was refused for good
			return fmt.Errorf("%w: %w", ErrOutside, cmp.Or(e.nc.LastError(), err))
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrOutside, err)
		}
		clock.Sleep(ctx, e.cfg.Clock, tendRetry)
	}
}
