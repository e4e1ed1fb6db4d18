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

// turnTimeouts is how many command timeouts a command waits for its turn.
const turnTimeouts = 6

// command is one request to a device in its queue.
type command struct {
	luaapi.Command
	ref    *Ref // whose command it is, and over whose line it goes
	ctx    context.Context
	run    func(context.Context, *isapi.Client) error
	head   *head   // nil: it concerns none
	motion *motion // what it sets in motion, if anything
	look   bool    // see Look
	poll   bool    // it comes after everything else, and waits as long as it takes

	queued time.Time
	entry  *entry           // to the head, held until the end
	use    *journal.HeadUse // nil: it concerns no head
	stops  int              // ptz_stops of the head before it was queued
	line   *line            // that it is sent over

	// Guarded by Device.mu.
	state  commandState
	err    error
	waiter clock.Waiter // of the caller, for its end
}

type commandState int

const (
	commandQueued commandState = iota
	commandRunning
	commandDone
)

// submit queues c and waits for its end, the end of its task, or until it has
// waited for its turn too long.
func (d *Device) submit(c *command) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.enqueue(c); err != nil {
		d.end(c, err)
		return err
	}
	limit := turnTimeouts * c.ref.conf().Timeout
	// Again: one that was about to be sent is put back by Wane.
	for end := c.queued.Add(limit); c.state == commandQueued && clock.Cause(c.ctx) == nil && (c.poll || d.clk.Now().Before(end)); {
		d.awaitTurn(c, end)
	}
	if c.state == commandQueued {
		d.dropQueued(cmp.Or(clock.Cause(c.ctx), c.ref.failure("busy", c.Channel,
			fmt.Sprintf("%s waited %v for its turn and was given up: the device answers slower than it is asked", c.What, limit),
			"ask less often, or raise concurrency in site.yaml if the device can do more at once")),
			func(o *command) bool { return o == c })
	}
	if err := clock.Cause(c.ctx); err != nil && (c.state != commandDone || c.err != nil) {
		return err
	}
	return c.err
}

// awaitTurn waits until c has been sent, or waits no longer. Called with mu held.
func (d *Device) awaitTurn(c *command, end time.Time) {
	limit := end.Sub(d.clk.Now())
	if c.poll {
		limit = 0
	}
	d.await(c, limit, true)
	// A PTZ command is carried through although its task has ended: cut off
	// half-way it would leave the head in doubt. Anything else ends with its
	// task, and what it writes to is the caller's until then.
	if c.state == commandRunning && (c.head == nil || clock.Cause(c.ctx) == nil) {
		d.await(c, 0, c.head != nil)
	}
}

// enqueue is called with mu held.
func (d *Device) enqueue(c *command) error {
	if err := clock.Cause(c.ctx); err != nil {
		return err
	}
	if d.set.dropped.Load() {
		return c.ref.elsewhere(c.Channel, c.What+" was not sent")
	}
	if d.closed || c.ref.gone.Load() || c.ref.dev() != d {
		return ErrClosed
	}
	list := &d.queue
	switch {
	case c.poll:
		list = &d.polls
	case c.look:
		if err := c.mayLook(len(d.looks)); err != nil {
			return err
		}
		list = &d.looks
	case len(d.queue) >= queueLength:
		return c.ref.failure("busy", c.Channel,
			fmt.Sprintf("%s was not queued: %d commands wait for this device already", c.What, len(d.queue)),
			"ask less often, or raise concurrency in site.yaml if the device can do more at once")
	}
	c.queued = d.clk.Now()
	if c.head != nil {
		c.stops = c.head.stops
	}
	*list = append(*list, c)
	d.idle.Signal()
	return nil
}

// await waits for the end of c, at most for limit if that is not 0, and if
// leave is set no longer than the task lives. Called with mu held, which is free
// meanwhile.
func (d *Device) await(c *command, limit time.Duration, leave bool) {
	w := d.clk.NewWaiter()
	c.waiter = w
	d.mu.Unlock()
	if limit > 0 {
		defer d.clk.AfterFunc(limit, w.Wake).Stop()
	}
	if leave {
		defer clock.OnDone(c.ctx, w.Wake)()
	}
	w.Wait()
	d.mu.Lock()
}

// end is called with mu held, once it is known what became of c.
func (d *Device) end(c *command, err error) {
	if c.state == commandDone {
		return
	}
	if c.state == commandRunning {
		d.active--
		c.line.active--
		if c.look {
			d.looking = false // its worker takes the next
		}
	}
	c.state, c.err = commandDone, err
	if c.waiter != nil {
		c.waiter.Wake()
	}
	c.entry.leave()
	d.settling.Broadcast()
}

// drop is end for a command that is not sent: what it would have set in motion
// is at rest. Called with mu held.
func (d *Device) drop(c *command, err error) {
	if c.motion != nil {
		c.motion.end(err)
	}
	d.end(c, err)
}

// dropQueued drops the commands that wait and of which which says so. Called
// with mu held.
func (d *Device) dropQueued(err error, which func(*command) bool) {
	take := func(list []*command) (rest []*command) {
		for _, c := range list {
			if which(c) {
				d.drop(c, err)
			} else {
				rest = append(rest, c)
			}
		}
		return rest
	}
	d.queue, d.looks, d.polls = take(d.queue), take(d.looks), take(d.polls)
}

// work carries out commands until the device is closed, or has more workers
// than it should.
func (d *Device) work() {
	for c := d.next(); c != nil; c = d.next() {
		d.execute(c)
	}
}

// next waits for a command; nil: the worker is not needed any more.
func (d *Device) next() *command {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		list, slot := &d.queue, time.Duration(0)
		switch {
		case d.waning:
			list, slot = new([]*command), 0
		case len(d.queue) == 0:
			list, slot = d.leisure()
		}
		switch {
		case d.closed || d.workers > d.concurrency():
			d.workers--
			d.idle.Signal()
			return nil
		case len(*list) > 0:
			c := (*list)[0]
			*list = slices.Delete(*list, 0, 1)
			if c.line = c.ref.line.Load(); c.line.dev != d || c.line.left {
				d.drop(c, ErrClosed)
				continue
			}
			c.state = commandRunning
			d.active++
			c.line.active++
			d.looking = d.looking || c.look
			return c
		}
		d.awaitCommand(slot)
	}
}

// execute sends one command and tells its caller.
func (d *Device) execute(c *command) {
	err := d.sendIt(c)
	if err == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == errWaning && !d.closed {
		d.putBack(c)
		return
	}
	d.drop(c, err)
}

// sendIt waits for c's time and for the head, and sends it. An error says that
// it was not sent.
func (d *Device) sendIt(c *command) error {
	if err := d.pace(c.ctx); err != nil {
		return err
	}
	parent := c.ctx
	if c.head != nil {
		if err := c.head.wire.Acquire(c.ctx); err != nil {
			return err
		}
		defer c.head.wire.Release()
		if err := c.ref.confirm(c.ctx, c.Channel, c.What); err != nil {
			return err
		}
		parent = context.WithoutCancel(parent)
	}
	ctx, cancel := clock.WithTimeoutCause(d.clk, parent, c.ref.conf().Timeout)
	defer cancel(nil)
	if err := d.goesOut(c, func() { cancel(errOvertaken) }); err != nil {
		return err
	}
	defer clock.OnDone(d.ctx, func() { cancel(nil) })()
	began, line := d.clk.Now(), c.line
	err := c.ref.sent(func() error { return c.run(ctx, line.client) })
	if err != nil && errors.Is(clock.Cause(ctx), errOvertaken) {
		err = c.ref.failure("timeout", c.Channel, fmt.Sprintf("%s was broken off: it had no answer %v after the head was to be stopped", c.What, StopTimeout), "")
	}
	if c.head != nil {
		c.head.commanded(c, line, err)
	}
	if err == nil {
		d.noteLook(c, line.client)
	}
	if !c.look || !errors.Is(err, isapi.ErrTimeout) { // whether it still answers is for commands and polls to say
		c.ref.observe(line, err)
	}
	c.write(began, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end(c, err)
	return nil
}

// pace spreads the starts of commands where max_rate asks for it.
func (d *Device) pace(ctx context.Context) error {
	rate := d.conf().MaxRate
	if rate <= 0 {
		return nil
	}
	d.mu.Lock()
	now := d.clk.Now()
	slot := d.nextSlot
	if slot.Before(now) {
		slot = now
	}
	d.nextSlot = slot.Add(time.Duration(float64(time.Second) / rate))
	d.mu.Unlock()
	if wait := slot.Sub(now); wait > 0 {
		return clock.Sleep(ctx, d.clk, wait)
	}
	return nil
}

// write tells the journal, but of looks: they would push out what matters.
func (c *command) write(began time.Time, err error) {
	if c.look || isapi.Unsent(err) {
		return
	}
	c.ref.record(c.ctx, journal.Entry{
		Time: began, Duration: c.ref.clk.Now().Sub(began), Waited: began.Sub(c.queued),
		Channel: c.Channel, What: c.What, Detail: c.Detail, Name: c.Name, Head: c.Head, Err: err, Use: c.use,
	})
}

// record tells the journal of a command under the name of the device.
func (r *Ref) record(ctx context.Context, e journal.Entry) {
	if r.set.conf.Record == nil {
		return
	}
	e.Device = r.name
	o := ownerOf(ctx)
	e.Script, e.Job, e.Task = o.Script, o.Job, o.Task
	r.set.conf.Record(e)
}
