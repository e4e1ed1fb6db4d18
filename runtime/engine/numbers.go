//go:build !nofleet

package engine

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// baseKey is where a stream says from which number on its messages are counted, in
// what NATS calls its metadata.
const baseKey = "hiklua-base"

// numbersBegin is before any stream was made: numbers are no longer than need be.
var numbersBegin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// numbers are those of the values and entries of a stream. To the stream its first
// message has number 1; to those who use this package its number is that of the
// millisecond when the stream was made. So numbers grow even where all members have
// lost their stores and the streams begin anew, as a term must, and what a host has
// copied from a log is not taken for a part of another.
//
// The stream could count so by itself (first_seq), but the server counts up to the
// first number, one by one and each in memory, when it could not write the first
// message of a file.
type numbers struct {
	mu    sync.Mutex
	bases map[string]uint64 // by the stream's name
}

// newBase is the base of a stream that is made now.
func newBase(clk clock.Clock) map[string]string {
	return map[string]string{baseKey: strconv.FormatInt(max(1, clk.Now().Sub(numbersBegin).Milliseconds()), 10)}
}

// learn takes a stream's base from its configuration.
func (n *numbers) learn(config nats.StreamConfig) error {
	base, err := strconv.ParseUint(config.Metadata[baseKey], 10, 62)
	if err != nil || base == 0 {
		return fmt.Errorf("%w: %s: its metadata has no %s: it was not made by hiklua", errUnfit, config.Name, baseKey)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bases == nil {
		n.bases = map[string]uint64{}
	}
	n.bases[config.Name] = base
	return nil
}

// base is the number before that of the first message of a stream.
func (e *Engine) base(ctx context.Context, stream string) (uint64, error) {
	e.numbers.mu.Lock()
	base, ok := e.numbers.bases[stream]
	e.numbers.mu.Unlock()
	if ok {
		return base, nil
	}
	info, err := e.streamInfo(ctx, stream)
	if err != nil {
		return 0, err
	}
	if err := e.numbers.learn(info.Config); err != nil {
		return 0, fmt.Errorf("%w: %w", hold.ErrUnknown, err)
	}
	return e.base(ctx, stream)
}
