package runtime

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// LoadAnew makes a script live once more although its file is as it was, as a
// change of it would; "" is all of them. It is for tests. The error says that
// there is no such script.
func (h *Host) LoadAnew(ctx context.Context, script string) error {
	h.mu.Lock()
	var names []string
	for _, o := range h.loaders {
		names = append(names, o.name)
		o.anew = o.anew || script == "" || o.name == script
	}
	h.mu.Unlock()
	if script != "" && !slices.Contains(names, script) {
		return fmt.Errorf("no script %q%s", script, nearest.Hint(script, names))
	}
	h.Sync(ctx)
	return nil
}

// Restart is to the scripts of the site as if the host had ended and, down later,
// another had begun on what was saved: it is for tests, whose own program goes
// on. Devices stay connected.
func (h *Host) Restart(ctx context.Context, down time.Duration) error {
	h.mu.Lock()
	var all []*script
	for _, o := range h.loaders {
		if o.live != nil {
			all = append(all, o.live)
		}
		o.live, o.bad = nil, nil
	}
	if h.schedules != nil {
		all = append(all, h.schedules)
		h.schedules = nil
	}
	h.mu.Unlock()
	for _, s := range all {
		s.endTasks(errShutdown)
	}
	stopped := clock.NewGroup(h.clk)
	for _, s := range all {
		stopped.Go(func() { s.stop(errShutdown) })
	}
	if err := stopped.WaitFor(ctx); err != nil {
		return err
	}
	if err := clock.Sleep(ctx, h.clk, down); err != nil {
		return err
	}
	h.mu.Lock()
	h.startedAt = h.clk.Now()
	h.mu.Unlock()
	h.Sync(ctx)
	return nil
}
