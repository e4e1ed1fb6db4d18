package runtime

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// AwaitRest waits until every head is known to rest, or ctx ends.
func (h *Host) AwaitRest(ctx context.Context) {
	for clock.Cause(ctx) == nil && !h.devices.AllAtRest() {
		_ = clock.Sleep(ctx, h.clk, 20*time.Millisecond)
	}
}
