package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// StopHead implements luaapi.Device. It goes before everything in the queue
// and returns when the device has answered. If that takes too long it returns
// an error, and the stop is still tried until it is answered.
func (d *Device) StopHead(ctx context.Context, channel int) error {
	return d.stopPart(ctx, d.head(channel, luaapi.NoLens))
}

func (d *Device) stopPart(ctx context.Context, h *head) error {
	if next := d.successor.Load(); next != nil {
		return next.stopPart(ctx, next.head(h.channel, h.part)) // retire stops what moves here
	}
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
	return h.stopUnanswered()
}

func (h *head) stopUnanswered() error {
	return h.d.failure("offline", h.channel,
		fmt.Sprintf("%s was not answered within %v; it is tried until it is", h.stopWord(), h.d.conf().Timeout),
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
	told := "" // why the last try failed
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
		err := h.sendStop(m)

		d.mu.Lock()
		h.works = h.works || err == nil
		answered := err == nil || !stopAgain(err) || pause == stopRetryMax && !h.works && isFault(err)
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
			if told != "" {
				d.log.Info("the stop was answered", keyChannel, h.channel)
			}
			pause, told = stopRetryMin, ""
		default:
			if kind := luaapi.Describe(err).Kind; kind != told {
				told = kind
				d.log.Warn("stop not answered, trying again", keyChannel, h.channel, keyError, err)
			}
			if h.rest(pause) != nil {
				d.giveUp(h, m, err)
				return
			}
			pause = min(2*pause, stopRetryMax)
		}
	}
}

// sendStop tries once. Where the settings of now do not do, those may with
// which the motion was begun: somebody has saved a wrong password since.
func (h *head) sendStop(m *motion) error {
	d, now := h.d, h.d.line.Load()
	ctx, cancel := clock.WithTimeout(d.clk, d.ctx, StopTimeout)
	defer cancel()
	drive := h.drive
	if m != nil {
		drive = m.drive
	}
	err := drive(ctx, now.urgent, isapi.Velocity{})
	d.observe(now, err)
	if err == nil || m == nil || m.line == nil || m.line == now {
		return err
	}
	before := drive(ctx, m.line.urgent, isapi.Velocity{})
	if before == nil || !stopAgain(err) {
		return before
	}
	return err
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

// isFault reports whether a device says of a stop that something is wrong with
// it. One that says so again and again, and has never done anything for this
// head, has none there.
func isFault(err error) bool {
	var e *isapi.Error
	return errors.As(err, &e) && e.HTTPStatus/100 == 5 && e.Kind() == "device"
}

// writeStop tells the journal of a stop: whose motion, or whose ptz_stop.
func (d *Device) writeStop(h *head, m *motion, requests []*stopRequest, began time.Time, err error) {
	if d.record == nil {
		return
	}
	e := journal.Entry{
		Time: began, Duration: d.clk.Now().Sub(began),
		Device: d.name, Channel: h.channel, What: h.stopWord(), Err: err,
	}
	switch {
	case len(requests) > 0:
		ownerOf(requests[0].ctx).sign(&e)
	case m != nil:
		ownerOf(m.ctx).sign(&e)
	}
	d.record(e)
}
