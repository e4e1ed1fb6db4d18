package runtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// errDiskHangs is for a write that has not ended when its time was over.
var errDiskHangs = &archive.DiskError{Err: errors.New("the disk does not answer")}

// hangFor is how long what ends with its context may take to do so. A disk may
// take longer, for it knows of no context.
const hangFor = time.Second

// unlessHung calls f, which ends with ctx but for a disk that hangs. Then it
// returns errDiskHangs, so that a device's queue goes on, and late is called when
// f has ended after all.
func (h *Host) unlessHung(ctx context.Context, f func() error, late func()) error {
	var mu sync.Mutex
	var result error
	var ended, left bool
	turn := h.clk.NewWaiter()
	h.clk.Go(func() {
		err := f()
		mu.Lock()
		result, ended = err, true
		tell := left
		mu.Unlock()
		if tell {
			late()
		}
		turn.Wake()
	})
	var limit clock.Timer
	defer clock.OnDone(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		limit = h.clk.AfterFunc(hangFor, turn.Wake)
	})()
	turn.Wait()
	mu.Lock()
	defer mu.Unlock()
	if limit != nil {
		limit.Stop()
	}
	if !ended {
		left = true
		return errDiskHangs
	}
	return result
}
