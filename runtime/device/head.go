package device

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// StopTimeout is how long one try of a stop waits for its answer.
	StopTimeout = 5 * time.Second
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
	doubtful bool         // a move, or its renewal, was sent whose answer never came
	works    bool         // it has done a PTZ command
	late     int          // second stops that are still to come for such moves
	pause    clock.Waiter // the stopper waits here before it tries again

	marks   []store.Moving // what the logbook has of it
	pending int            // moves of which it is not known yet what becomes
	adrift  bool           // the last stop was refused, or never answered

	holder  *Owner // exclusive
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
func (h *head) drive(ctx context.Context, c *isapi.Client, v isapi.Velocity) (err error) {
	defer h.d.recovered(&err)
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
func (h *head) commanded(c *command, over *line, err error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	defer h.settle()
	if c.motion != nil {
		c.motion.line = over
	}
	switch {
	case err == nil:
		h.works = true
		h.takenBy(c.motion)
		if c.motion == nil && h.doubtful {
			h.doubtful = false
			h.stopLate()
		}
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
// carried out the command all the same. A recorder that hands a move on says
// 5xx when its camera is late with the answer.
func mayHaveBeenDone(err error) bool {
	var refused *isapi.Error
	if errors.As(err, &refused) && refused.HTTPStatus/100 == 4 {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	for _, refusal := range []error{isapi.ErrUnauthorized, isapi.ErrLocked, isapi.ErrForbidden, isapi.ErrNotFound,
		isapi.ErrUnsupported, isapi.ErrBusy, isapi.ErrMisuse} {
		if errors.Is(err, refusal) {
			return false
		}
	}
	return true
}

// AtRest reports whether no head of the device has to be stopped any more.
func (d *Device) AtRest() bool {
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
	h.d.mu.Lock()
	task := m.owner.Name
	h.d.mu.Unlock()
	h.d.log.Log(context.Background(), level, message, keyChannel, h.channel, keyTask, task)
}
