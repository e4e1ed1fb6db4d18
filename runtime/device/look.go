package device

import (
	"context"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// mostLooks bounds how many looks wait for one device.
const mostLooks = 16

// Look asks a device something for people who look on, such as a picture for the
// page. What scripts and people command comes first: a look is sent when nothing
// waits in the queue, at most one at a time, and where max_rate leaves room. It is
// refused at once, and at its turn, while the device is not online: no login is
// spent on it, and no timeout. The journal is not told of it.
func (r *Ref) Look(ctx context.Context, cmd luaapi.Command, run func(context.Context, *isapi.Client) error) error {
	return r.here(func(d *Device) error {
		return d.submit(&command{Command: cmd, ref: r, ctx: ctx, run: run, look: true})
	})
}

// mayLook is why a look is not queued behind others; nil: it may be. Called with
// Device.mu held.
func (c *command) mayLook(waiting int) error {
	if waiting >= mostLooks {
		return c.ref.failure("busy", c.Channel, fmt.Sprintf("%s was not queued: %d looks at this device wait already", c.What, waiting), "")
	}
	return c.notOnline()
}

// notOnline is why a look is refused: the state of its device; nil: that is online.
func (c *command) notOnline() error {
	r := c.ref
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == StateOnline {
		return nil
	}
	f := &luaapi.Failure{Kind: r.state, Device: r.name, Channel: c.Channel, Err: r.lastErr}
	switch r.state {
	case StateUnknown:
		f.Kind = StateOffline
		f.Message = c.What + " was not asked for: it is not known yet whether the device is online"
	case StateElsewhere:
		return r.elsewhere(c.Channel, c.What+" was not asked for")
	default:
		f.Message = fmt.Sprintf("%s was not asked for: the device is %s", c.What, r.state)
		f.Hint = luaapi.Describe(r.lastErr).Hint
	}
	return f
}

// leisure is what a worker does while nothing waits in the queue: looks before
// polls. slot is how long max_rate keeps a look from its turn. Called with mu held.
func (d *Device) leisure() (list *[]*command, slot time.Duration) {
	if len(d.looks) == 0 || d.looking {
		return &d.polls, 0
	}
	if d.conf().MaxRate > 0 {
		slot = d.nextSlot.Sub(d.clk.Now())
	}
	if slot > 0 {
		return &d.polls, slot
	}
	return &d.looks, 0
}

// awaitCommand waits for another command, or until a look may have its turn if
// slot is not 0. Called with mu held.
func (d *Device) awaitCommand(slot time.Duration) {
	limit, cancel := context.Background(), func() {}
	if slot > 0 {
		limit, cancel = clock.WithTimeout(d.clk, limit, slot)
	}
	defer cancel()
	d.idle.Wait(limit)
}

// Moving are the heads of a channel that are not known to rest: luaapi.NoLens for
// pan, tilt and zoom, and the parts of its lens.
func (r *Ref) Moving(channel int) []luaapi.Lens {
	var parts []luaapi.Lens
	for _, h := range r.dev().movingHeads() {
		if h.channel == channel {
			parts = append(parts, h.part)
		}
	}
	return parts
}

// HeadWorks reports whether the head of a channel has done a PTZ command.
func (r *Ref) HeadWorks(channel int) bool {
	d := r.dev()
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.heads[headKey{channel, luaapi.NoLens}]
	return h != nil && h.works
}
