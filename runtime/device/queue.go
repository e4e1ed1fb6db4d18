package device

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// command is one request to a device in its queue.
type command struct {
	luaapi.Command
	ctx    context.Context
	run    func(context.Context, *isapi.Client) error
	motion *motion // what it sets in motion, if anything

	queued time.Time

	// Guarded by Device.mu.
	state  commandState
	err    error
	waiter clock.Waiter // of whoever waits for its end
}

type commandState int

const (
	commandQueued commandState = iota
	commandRunning
	commandDone
)

// Do implements luaapi.Device.
func (d *Device) Do(ctx context.Context, cmd luaapi.Command, f func(context.Context, *isapi.Client) error) error {
	if cmd.Head {
		if err := d.head(cmd.Channel, luaapi.NoLens).enter(ctx); err != nil {
			return err
		}
	}
	err := d.submit(&command{Command: cmd, ctx: ctx, run: f})
	if next := d.successor.Load(); next != nil && errors.Is(err, ErrClosed) {
		return next.Do(ctx, cmd, f) // it was not sent
	}
	return err
}

// submit queues c and waits for its end, the end of its task, or until it has
// waited for its turn too long.
func (d *Device) submit(c *command) error {
	if err := clock.Cause(c.ctx); err != nil {
		return err
	}
	c.queued = d.clk.Now()
	c.waiter = d.clk.NewWaiter()
	if err := d.enqueue(c); err != nil {
		return err
	}
	patience := d.clk.AfterFunc(queuePatience*d.conf().Timeout, c.waiter.Wake)
	leave := clock.OnDone(c.ctx, c.waiter.Wake)
	c.waiter.Wait()
	leave()
	patience.Stop()

	d.mu.Lock()
	switch c.state {
	case commandQueued:
		i := slices.Index(d.queue, c)
		d.queue = slices.Delete(d.queue, i, i+1)
		d.mu.Unlock()
		if err := clock.Cause(c.ctx); err != nil {
			return err
		}
		return d.failure("busy", c.Channel,
			fmt.Sprintf("%s waited %v for its turn and was given up: the device answers slower than it is asked", c.What, queuePatience*d.conf().Timeout),
			"ask less often, or raise concurrency in site.yaml if the device can do more at once")
	case commandRunning:
		// A PTZ command is carried through although its task has ended: cut
		// off half-way nobody knew whether the head moves. Anything else ends
		// with its task, and what it writes to is the caller's until then.
		if c.Head && clock.Cause(c.ctx) != nil {
			d.mu.Unlock()
			return clock.Cause(c.ctx)
		}
		c.waiter = d.clk.NewWaiter()
		again := c.waiter
		d.mu.Unlock()
		if c.Head {
			leave = clock.OnDone(c.ctx, again.Wake)
		}
		again.Wait()
		leave()
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	if c.state != commandDone {
		return clock.Cause(c.ctx)
	}
	if err := clock.Cause(c.ctx); err != nil && c.err != nil {
		return err
	}
	return c.err
}

func (d *Device) enqueue(c *command) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.retired {
		return ErrClosed
	}
	if len(d.queue) >= queueLength {
		return d.failure("busy", c.Channel,
			fmt.Sprintf("%s was not queued: %d commands wait for this device already", c.What, len(d.queue)),
			"ask less often, or raise concurrency in site.yaml if the device can do more at once")
	}
	d.queue = append(d.queue, c)
	d.wakeWorker()
	return nil
}

// wakeWorker is called with mu held.
func (d *Device) wakeWorker() {
	if len(d.idle) > 0 {
		w := d.idle[0]
		d.idle = d.idle[1:]
		w.Wake()
	}
}

// work carries out commands until the device is closed.
func (d *Device) work() {
	for {
		c := d.next()
		if c == nil {
			return
		}
		d.execute(c)
		d.mu.Lock()
		d.active--
		d.mu.Unlock()
	}
}

// next waits for a command; nil: the device is closed.
func (d *Device) next() *command {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		switch {
		case d.closed || d.retired:
			return nil
		case len(d.queue) > 0:
			c := d.queue[0]
			d.queue[0] = nil
			d.queue = d.queue[1:]
			c.state = commandRunning
			d.active++
			return c
		case d.poll != nil:
			c := d.poll
			d.poll = nil
			c.state = commandRunning
			d.active++
			return c
		}
		w := d.clk.NewWaiter()
		d.idle = append(d.idle, w)
		d.mu.Unlock()
		w.Wait()
		d.mu.Lock()
	}
}

// execute sends one command and tells whoever waits for it.
func (d *Device) execute(c *command) {
	parent := c.ctx
	if c.Head {
		parent = context.WithoutCancel(parent)
	}
	if err := d.pace(c.ctx); err != nil {
		d.drop(c, err)
		return
	}
	var h *head
	if c.Head {
		h = d.head(c.Channel, luaapi.NoLens)
		if c.motion != nil {
			h = c.motion.head
		}
		h.takeWire(false)
		defer h.freeWire()
	}
	if err := cmp.Or(clock.Cause(c.ctx), c.motion.abandonment()); err != nil {
		d.drop(c, err)
		return
	}
	ctx, cancel := clock.WithTimeout(d.clk, parent, d.conf().Timeout)
	defer cancel()
	defer clock.OnDone(d.ctx, cancel)()
	began := d.clk.Now()
	line := d.line.Load()
	err := d.carryOut(ctx, c, line.client)
	if h != nil {
		h.commanded(c, line, err)
	}
	d.observe(line, err)
	d.write(c, began, err)
	d.finish(c, err)
}

func (d *Device) carryOut(ctx context.Context, c *command, client *isapi.Client) (err error) {
	defer d.recovered(&err)
	return c.run(ctx, client)
}

// pace spreads the starts of commands where max_rate asks for it.
func (d *Device) pace(ctx context.Context) error {
	if d.conf().MaxRate <= 0 {
		return nil
	}
	d.mu.Lock()
	now := d.clk.Now()
	slot := d.nextSlot
	if slot.Before(now) {
		slot = now
	}
	d.nextSlot = slot.Add(time.Duration(float64(time.Second) / d.conf().MaxRate))
	d.mu.Unlock()
	if wait := slot.Sub(now); wait > 0 {
		return clock.Sleep(ctx, d.clk, wait)
	}
	return nil
}

func (d *Device) finish(c *command, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.state, c.err = commandDone, err
	c.waiter.Wake()
}

// drop is finish for a command that is not sent: what it would have set in
// motion is at rest, and nobody need wait for that.
func (d *Device) drop(c *command, err error) {
	if m := c.motion; m != nil {
		d.mu.Lock()
		m.end(err)
		d.mu.Unlock()
	}
	d.finish(c, err)
}

// write tells the journal.
func (d *Device) write(c *command, began time.Time, err error) {
	if d.record == nil {
		return
	}
	e := journal.Entry{
		Time: began, Duration: d.clk.Now().Sub(began), Waited: began.Sub(c.queued),
		Device: d.name, Channel: c.Channel, What: c.What, Detail: c.Detail, Err: err,
	}
	ownerOf(c.ctx).sign(&e)
	d.record(e)
}
