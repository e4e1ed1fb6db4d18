package device

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// renewEvery keeps a motion going on firmware that ends one by itself
	// after a few seconds.
	renewEvery = 2 * time.Second
	// lateMove is how long after a stop a move whose answer never came may
	// still be carried out by a device that lags behind.
	lateMove = 2 * time.Second
)

// head is what moves at one channel of a device: its pan, tilt and zoom, or a
// part of its lens. Its fields are guarded by Device.mu.
type head struct {
	d       *Device
	channel int
	part    luaapi.Lens // luaapi.NoLens: pan, tilt and zoom

	// wire has one PTZ command or stop under way at a time, so that a stop never
	// overtakes the move it is meant for. Stops go first.
	wire     *clock.Semaphore
	overtake context.CancelFunc // ends the command on the wire; nil: none is

	motion      *motion   // what moves it now; nil: at rest as far as we know
	last        *Owner    // whose command it has done last, stops left out
	works       bool      // it has done a PTZ command
	elsewhere   bool      // another host sees to it that it rests
	commandedAt time.Time // a command or a stop was last sent or answered
	looks       looking
	stops       int // ptz_stops so far: a move that was queued before one is not sent
	stopper     stopper

	marks   []store.Moving // what the crash book has of it
	pending int            // moves of which it is not known yet what becomes

	leases  []*lease // the innermost last
	using   []*entry // commands that were let in
	waiting []*entry // in the order of asking
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
		h = &head{d: d, channel: channel, part: part, wire: clock.NewSemaphore(d.clk, 1)}
		h.stopper.head = h
		d.heads[key] = h
	}
	return h
}

// moving reports whether the head is not known to rest: it moves, or its stop
// has not been answered, or was refused, or a second one is still to come.
// Called with mu held.
func (h *head) moving() bool { return h.motion != nil || h.stopper.busy() }

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

// refusal is why d must not send c any more; nil: it may. Called with mu held.
func (d *Device) refusal(c *command) error {
	switch {
	case clock.Cause(c.ctx) != nil:
		return clock.Cause(c.ctx)
	case c.line.left:
		return ErrClosed
	case d.set.dropped.Load():
		return c.ref.elsewhere(c.Channel, c.What+" was not sent")
	case d.waning:
		return errWaning
	case c.look:
		return c.notOnline()
	case c.head == nil:
		return nil
	case c.motion != nil && (c.motion.stopDue || c.motion.ended):
		return errAbandoned
	case c.stops != c.head.stops:
		return c.head.stopCame(c)
	}
	return nil
}

// stopCame is the error of a command that a ptz_stop has overtaken.
func (h *head) stopCame(c *command) error {
	return c.ref.failure("cancelled", h.channel, c.What+" was not sent: a stop of this head came before its turn", "")
}

// goesOut is the last look before c is sent: nil, it may be. What ends it is
// noted for a stop of its head. The caller has the wire.
func (d *Device) goesOut(c *command, overtake context.CancelFunc) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.refusal(c)
	if err == nil && c.head != nil {
		c.head.overtake, c.head.commandedAt = overtake, d.clk.Now()
		c.head.looks.preset = ""
	}
	return err
}

// commanded notes what an answer to a PTZ command means for whose the head is.
// The caller has the wire.
func (h *head) commanded(c *command, over *line, err error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	defer h.settle()
	h.overtake, h.commandedAt = nil, h.d.clk.Now()
	if c.motion != nil {
		c.motion.line = over
	}
	s := &h.stopper
	switch {
	case err == nil:
		h.works, h.elsewhere = true, false
		h.usedBy(c)
		h.takenBy(c.motion)
		s.refused.clear()
		s.insist = false
		if c.motion == nil && s.doubtful {
			s.doubtful = false
			s.again()
		}
	case isElsewhere(err):
		h.stopper.letGo(err)
		if c.motion != nil {
			c.motion.end(err)
		}
	case c.motion != nil && mayHaveBeenDone(err):
		h.takenBy(c.motion)
		s.doubtful = true
		s.start()
	case c.motion != nil:
		c.motion.end(err)
	}
}

// usedBy notes whose command the head has done. Called with mu held.
func (h *head) usedBy(c *command) {
	last, now := h.last, ownerOf(c.ctx)
	h.last = now
	if c.use != nil && c.use.Before == "" && last != nil && last.runOf() != now.runOf() && last.goesOn() {
		c.use.Before = last.runOf().Task
	}
}

// takenBy ends the motion that had the head. Called with mu held.
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
// carried out the command all the same. A recorder that hands a move on says
// 5xx when its camera is late with the answer.
func mayHaveBeenDone(err error) bool {
	if refused, ok := errors.AsType[*isapi.Error](err); ok && refused.HTTPStatus/100 == 4 {
		return false
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	return !isAny(err, isapi.ErrElsewhere, isapi.ErrUnauthorized, isapi.ErrLocked, isapi.ErrForbidden, isapi.ErrNotFound,
		isapi.ErrUnsupported, isapi.ErrBusy, isapi.ErrMisuse)
}
