package hold

import (
	"context"
	"fmt"
)

// Confirm returns when the engine has confirmed a try that was sent after the call:
// no other host had the share then. The error wraps ErrNotHeld, or is that of ctx. Calls
// that come together share a try.
func (h *Holder) Confirm(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, asked := h.tenure, h.cfg.Boot()
	for t != nil && !t.shut && t.leave == nil {
		if t.sent >= asked {
			return nil
		}
		if asked > t.asked {
			t.asked = asked
			h.changed.Broadcast()
		}
		if err := h.changed.Wait(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("share %s: %w", h.cfg.Share, ErrNotHeld)
}
