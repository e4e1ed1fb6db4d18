package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// stopTimeout is how long one try of a stop waits for its answer.
	stopTimeout = 5 * time.Second
	// A stop that was not answered is tried again after stopRetryMin, then
	// after twice that, up to stopRetryMax.
	stopRetryMin = 250 * time.Millisecond
	stopRetryMax = 5 * time.Second
	// renewEvery keeps a motion going on firmware that ends one by itself
	// after a few seconds.
	renewEvery = 2 * time.Second
	// lateMove is how long after a stop a move whose answer never came may
	// still be carried out by a device that lags behind.
	lateMove = 2 * time.Second
)

// head is what moves at one channel of a device: its pan, tilt and zoom, or a
// part of its lens. All fields are guarded by Device.mu.
type head struct {
	d       *Device
	channel int
	part    luaapi.Lens // luaapi.NoLens: pan, tilt and zoom

	// One PTZ command or stop is on the wire at a time, so that a stop never
	// overtakes the move it is meant for. Stops go first.
	busy          bool
	stops, others []clock.Waiter

	motion   *motion // what moves it now; nil: at rest as far as we know
	stopping bool    // a stopper runs
	explicit []*stopRequest
	doubtful bool         // a move was sent whose answer never came
	late     int          // second stops that are still to come for such moves
	pause    clock.Waiter // the stopper waits here before it tries again

	marks   []store.Moving // what the logbook has of it
	pending int            // moves of which it is not known yet what becomes
	adrift  bool           // the last stop was refused, or never answered

	holder  *owner // exclusive
	since   time.Time
	waiting []clock.Waiter // for the holder to leave
}

// stopRequest is a script's own ptz_stop.
type stopRequest struct {
	waiter clock.Waiter
	done   bool
	err    error
	ctx    context.Context
}

// headKey tells the moving parts of a device apart.
type headKey struct {
	channel int
	part    luaapi.Lens
}

func (d *Device) head(channel int, part luaapi.Lens) *head {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := headKey{channel, part}
	h := d.heads[key]
	if h == nil {
		h = &head{d: d, channel: channel, part: part}
		d.heads[key] = h
	}
	return h
}

// drive sets the part in motion at v; a lens has its speed in Zoom.
func (h *head) drive(ctx context.Context, c *isapi.Client, v isapi.Velocity) error {
	switch h.part {
	case luaapi.Focus:
		return c.Focus(ctx, h.channel, v.Zoom)
	case luaapi.Iris:
		return c.Iris(ctx, h.channel, v.Zoom)
	}
	if v == (isapi.Velocity{}) {
		return c.StopPTZ(ctx, h.channel)
	}
	return c.Continuous(ctx, h.channel, v)
}

// stopWord is what the journal calls a stop.
func (h *head) stopWord() string {
	if h.part != luaapi.NoLens {
		return string(h.part) + " stop"
	}
	return "ptz_stop"
}

func (h *head) takeWire(stop bool) {
	h.d.mu.Lock()
	if !h.busy {
		h.busy = true
		h.d.mu.Unlock()
		return
	}
	w := h.d.clk.NewWaiter()
	if stop {
		h.stops = append(h.stops, w)
	} else {
		h.others = append(h.others, w)
	}
	h.d.mu.Unlock()
	w.Wait()
}

func (h *head) freeWire() {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	queue := &h.stops
	if len(*queue) == 0 {
		queue = &h.others
	}
	if len(*queue) == 0 {
		h.busy = false
		return
	}
	next := (*queue)[0]
	*queue = (*queue)[1:]
	next.Wake() // the wire stays taken: it is handed over
}

// commanded notes what an answer to a PTZ command means for who has the head.
// The caller has the wire.
func (h *head) commanded(c *command, err error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	defer h.settle()
	switch {
	case err == nil:
		h.takenBy(c.motion)
	case c.motion != nil && mayHaveBeenDone(err):
		h.takenBy(c.motion)
		h.doubtful = true
		h.stopSoon()
	case c.motion != nil:
		c.motion.end(err)
	}
}

// takenBy ends the lease of whoever had the head. Called with mu held.
func (h *head) takenBy(m *motion) {
	old := h.motion
	h.motion = m
	if old != nil && old != m {
		old.end(errTaken)
	}
	if m != nil {
		m.moves()
	}
}

// mayHaveBeenDone reports whether a device that gave no proper answer may have
// carried out the command all the same.
func mayHaveBeenDone(err error) bool {
	var refused *isapi.Error
	if errors.As(err, &refused) && refused.HTTPStatus >= 400 {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	return !errors.Is(err, isapi.ErrUnauthorized) && !errors.Is(err, isapi.ErrLocked) && !errors.Is(err, isapi.ErrMisuse)
}

// StopHead implements luaapi.Device. It goes before everything in the queue
// and returns when the device has answered. If that takes too long it returns
// an error, and the stop is still tried until it is answered.
func (d *Device) StopHead(ctx context.Context, channel int) error {
	return d.stopPart(ctx, d.head(channel, luaapi.NoLens))
}

func (d *Device) stopPart(ctx context.Context, h *head) error {
	r := &stopRequest{waiter: d.clk.NewWaiter(), ctx: ctx}
	d.mu.Lock()
	h.explicit = append(h.explicit, r)
	h.stopSoon()
	d.mu.Unlock()

	patience := d.clk.AfterFunc(d.conf().Timeout, r.waiter.Wake)
	leave := clock.OnDone(ctx, r.waiter.Wake)
	r.waiter.Wait()
	leave()
	patience.Stop()

	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case r.done:
		return r.err
	case clock.Cause(ctx) != nil:
		return clock.Cause(ctx)
	}
	return d.failure("offline", h.channel,
		fmt.Sprintf("%s was not answered within %v; it is tried until it is", h.stopWord(), d.conf().Timeout),
		"look at the head: it may be moving")
}

// stopSoon starts a stopper unless one runs. Called with mu held.
func (h *head) stopSoon() {
	if h.stopping {
		if h.pause != nil {
			h.pause.Wake()
		}
		return
	}
	h.stopping = true
	h.d.ended.Go(h.stopper)
}

// stopper sends stops until nothing is left that has to be stopped, and tries
// each until the device has answered.
func (h *head) stopper() {
	d, pause := h.d, stopRetryMin
	for {
		h.takeWire(true)
		d.mu.Lock()
		m := h.motion
		if (m == nil || !m.stopDue) && len(h.explicit) == 0 && !h.doubtful {
			h.stopping = false
			h.settle()
			d.mu.Unlock()
			h.freeWire()
			return
		}
		doubtful := h.doubtful
		requests := h.explicit
		d.mu.Unlock()

		began := d.clk.Now()
		ctx, cancel := clock.WithTimeout(d.clk, d.ctx, stopTimeout)
		line := d.line.Load()
		err := h.drive(ctx, line.urgent, isapi.Velocity{})
		cancel()
		d.observe(line, err)
		answered := err == nil || !stopAgain(err)

		d.mu.Lock()
		if answered {
			h.doubtful, h.adrift = false, err != nil
			if doubtful {
				h.stopLate()
			}
			if h.motion != nil && h.motion == m {
				h.motion = nil
				m.end(err)
			}
			h.explicit = h.explicit[len(requests):]
			for _, r := range requests {
				r.done, r.err = true, err
				r.waiter.Wake()
			}
		}
		d.mu.Unlock()
		h.freeWire()
		d.writeStop(h, m, requests, began, err)

		switch {
		case answered && err != nil:
			d.log.Error("the device refuses to stop the head", keyChannel, h.channel, keyError, err)
		case answered:
			pause = stopRetryMin
		default:
			d.log.Warn("stop not answered, trying again", keyChannel, h.channel, keyError, err)
			if h.rest(pause) != nil {
				d.giveUp(h, m, err)
				return
			}
			pause = min(2*pause, stopRetryMax)
		}
	}
}

// rest waits before the next try of a stop; a new reason to stop ends it.
func (h *head) rest(pause time.Duration) error {
	d := h.d
	w := d.clk.NewWaiter()
	d.mu.Lock()
	h.pause = w
	d.mu.Unlock()
	timer := d.clk.AfterFunc(pause, w.Wake)
	err := clock.WaitFor(d.ctx, w)
	timer.Stop()
	d.mu.Lock()
	h.pause = nil
	d.mu.Unlock()
	return err
}

// stopLate has the head stopped once more in a while, unless somebody has it
// by then. Called with mu held.
func (h *head) stopLate() {
	h.late++
	h.d.clk.AfterFunc(lateMove, func() {
		h.d.mu.Lock()
		defer h.d.mu.Unlock()
		h.late--
		if h.motion == nil && !h.d.closed {
			h.explicit = append(h.explicit, &stopRequest{waiter: h.d.clk.NewWaiter(), ctx: context.Background()})
			h.stopSoon()
		}
	})
}

// giveUp is the end of a stop that was not answered before the host went.
func (d *Device) giveUp(h *head, m *motion, err error) {
	d.log.Error("the head may still be moving: its stop was never answered",
		keyChannel, h.channel, keyError, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	h.stopping, h.adrift = false, true
	if m != nil {
		m.end(err)
	}
	for _, r := range h.explicit {
		r.done, r.err = true, err
		r.waiter.Wake()
	}
	h.explicit = nil
}

// stopAgain reports whether another try of a stop may fare better.
func stopAgain(err error) bool {
	for _, final := range []error{isapi.ErrForbidden, isapi.ErrNotFound, isapi.ErrUnsupported, isapi.ErrMisuse} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// writeStop tells the journal of a stop: whose motion, or whose ptz_stop.
func (d *Device) writeStop(h *head, m *motion, requests []*stopRequest, began time.Time, err error) {
	if d.record == nil {
		return
	}
	r := Record{
		Time: began, Duration: d.clk.Now().Sub(began),
		Device: d.name, Channel: h.channel, What: h.stopWord(), Err: err,
	}
	switch {
	case len(requests) > 0:
		r.by(requests[0].ctx)
	case m != nil:
		r.by(m.ctx)
	}
	d.record(r)
}

// atRest reports whether no head of the device has to be stopped any more.
func (d *Device) atRest() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range d.heads {
		if h.motion != nil || h.stopping || h.late > 0 {
			return false
		}
	}
	return true
}

// logMove is for the motions that nobody asked to be told about.
func (h *head) logMove(level slog.Level, message string, m *motion) {
	h.d.log.Log(context.Background(), level, message, keyChannel, h.channel, keyTask, m.owner.name)
}

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
				fmt.Sprintf("%s has had the head for itself since %s", holder.name, since.Format(time.TimeOnly)),
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
