package device

import (
	"context"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// enter waits until nobody else holds the head for itself.
func (h *head) enter(ctx context.Context) error {
	me := ownerOf(ctx)
	patience := queuePatience * h.d.conf().Timeout
	until := h.d.clk.Now().Add(patience)
	for {
		h.d.mu.Lock()
		holder, since := h.holder, h.since
		if holder == nil || holder == me {
			h.d.mu.Unlock()
			return nil
		}
		left := until.Sub(h.d.clk.Now())
		if left <= 0 {
			h.d.mu.Unlock()
			return h.d.failure("busy", h.channel,
				fmt.Sprintf("%s has had the head for itself since %s", holder.Name, since.Format(time.TimeOnly)),
				"wait, or stop that task")
		}
		w := h.d.clk.NewWaiter()
		h.waiting = append(h.waiting, w)
		h.d.mu.Unlock()
		timer := h.d.clk.AfterFunc(left, w.Wake)
		err := clock.WaitFor(ctx, w)
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// Exclusive implements luaapi.Device.
func (d *Device) Exclusive(ctx context.Context, channel int, timeout time.Duration) (func(), error) {
	h := d.head(channel, luaapi.NoLens)
	me := ownerOf(ctx)
	if err := h.enter(ctx); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if h.holder == me {
		return func() {}, nil // within its own exclusive: the outer one gives it back
	}
	h.holder, h.since = me, d.clk.Now()
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if h.holder != me {
			return
		}
		h.holder = nil
		for _, w := range h.waiting {
			w.Wake()
		}
		h.waiting = nil
	}, nil
}
