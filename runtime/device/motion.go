package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// motion is a head that we set moving and must stop. It belongs to an owner:
// when that one ends, the stop goes out.
type motion struct {
	head  *head
	owner *Owner
	ctx   context.Context // whose command it was, for the journal
	v     isapi.Velocity
	o     luaapi.MoveOptions

	// Guarded by Device.mu.
	line    *line     // over which it was sent
	until   time.Time // it will be stopped
	began   time.Time // the device said yes
	stopDue bool      // it has to be stopped, now
	ended   bool
	err     error // of the stop; errTaken: another command took the head
	timers  []clock.Timer
	waiters []clock.Waiter
}

var (
	errTaken     = errors.New("another command took the head")
	errAbandoned = errors.New("the task of this motion has ended")
)

// Move implements luaapi.Device.
func (d *Device) Move(ctx context.Context, cmd luaapi.Command, v isapi.Velocity, o luaapi.MoveOptions) error {
	return d.movePart(ctx, d.head(cmd.Channel, luaapi.NoLens), cmd, v, o)
}

// MoveLens implements luaapi.Device.
func (d *Device) MoveLens(ctx context.Context, cmd luaapi.Command, part luaapi.Lens, speed int, o luaapi.MoveOptions) error {
	return d.movePart(ctx, d.head(cmd.Channel, part), cmd, isapi.Velocity{Zoom: speed}, o)
}

func (d *Device) movePart(ctx context.Context, h *head, cmd luaapi.Command, v isapi.Velocity, o luaapi.MoveOptions) error {
	if v == (isapi.Velocity{}) {
		return d.stopPart(ctx, h)
	}
	// Whoever has the head for itself has its lens too.
	if err := d.head(cmd.Channel, luaapi.NoLens).enter(ctx); err != nil {
		return err
	}
	cmd.Head = true
	m := &motion{head: h, owner: ownerOf(ctx), ctx: ctx, v: v, o: o}
	// From here on, whatever becomes of the task, the head will be stopped.
	if err := m.owner.add(m); err != nil {
		return err
	}
	decided := h.writeDown(ctx)
	defer decided()
	c := &command{
		Command: cmd, ctx: ctx, motion: m,
		run: func(ctx context.Context, c *isapi.Client) error { return m.drive(ctx, c, v) },
	}
	if err := d.submit(c); err != nil {
		if next := d.successor.Load(); next != nil && errors.Is(err, ErrClosed) {
			d.mu.Lock()
			m.end(err) // it was not sent
			d.mu.Unlock()
			decided()
			return next.movePart(ctx, next.head(h.channel, h.part), cmd, v, o)
		}
		// Refused or never sent: nothing to stop. One that is on the wire, or
		// may have been carried out, is stopped.
		d.mu.Lock()
		onWire := c.state == commandRunning || h.motion == m
		if !onWire {
			m.end(err)
		}
		d.mu.Unlock()
		m.stop()
		return err
	}
	if o.Duration <= 0 || o.NoWait {
		return nil
	}
	limit, cancel := clock.WithTimeout(d.clk, ctx, o.Duration+d.conf().Timeout)
	defer cancel()
	err := m.wait(limit)
	if errors.Is(err, context.DeadlineExceeded) && clock.Cause(ctx) == nil {
		return h.stopUnanswered()
	}
	return err
}

// drive sends the motion, or its stop.
func (m *motion) drive(ctx context.Context, c *isapi.Client, v isapi.Velocity) (err error) {
	if m.o.Send == nil {
		return m.head.drive(ctx, c, v)
	}
	defer m.head.d.recovered(&err)
	return m.o.Send(ctx, c, v)
}

// wait returns when the motion has ended.
func (m *motion) wait(ctx context.Context) error {
	d := m.head.d
	d.mu.Lock()
	if !m.ended {
		w := d.clk.NewWaiter()
		m.waiters = append(m.waiters, w)
		d.mu.Unlock()
		if err := clock.WaitFor(ctx, w); err != nil {
			m.stop()
			return err
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	if errors.Is(m.err, errTaken) {
		return nil
	}
	return m.err
}

// abandonment is why the motion must not be begun any more; nil for no motion.
func (m *motion) abandonment() error {
	if m == nil {
		return nil
	}
	m.head.d.mu.Lock()
	defer m.head.d.mu.Unlock()
	if m.stopDue || m.ended {
		return errAbandoned
	}
	return nil
}

// moves is called, with mu held, when the device has said yes.
func (m *motion) moves() {
	if m.ended || len(m.timers) > 0 {
		return
	}
	d, limit := m.head.d, m.o.Duration
	m.began = d.clk.Now()
	if limit > 0 {
		m.timers = append(m.timers, d.clk.AfterFunc(limit, m.stop))
	} else {
		limit = d.limits.Motion
		m.timers = append(m.timers, d.clk.AfterFunc(limit, func() {
			m.stop()
			m.head.logMove(slog.LevelWarn, fmt.Sprintf("the head was stopped: nobody had stopped it for limits.motion (%v)", limit), m)
		}))
	}
	m.until = d.clk.Now().Add(limit)
	m.renewLater()
}

// renewLater sets the timer of the next renewal, unless the motion is over by
// then. Called with mu held.
func (m *motion) renewLater() {
	d := m.head.d
	if m.o.Send != nil || m.until.Sub(d.clk.Now()) <= renewEvery {
		return
	}
	m.timers = append(m.timers[:1], d.clk.AfterFunc(renewEvery, func() { d.ended.Go(m.renew) }))
}

// renew sends the move once more, for firmware that ends one by itself.
func (m *motion) renew() {
	h, d := m.head, m.head.d
	h.takeWire(false)
	defer h.freeWire()
	d.mu.Lock()
	current := h.motion == m && !m.stopDue && !m.ended
	d.mu.Unlock()
	if !current {
		return
	}
	ctx, cancel := clock.WithTimeout(d.clk, context.Background(), min(d.conf().Timeout, renewEvery))
	line := d.line.Load()
	err := h.drive(ctx, line.urgent, m.v)
	cancel()
	d.observe(line, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.ended {
		return
	}
	// One that may still be carried out does so after the stop: see stopLate.
	switch {
	case err == nil:
		h.doubtful = false
	case mayHaveBeenDone(err):
		h.doubtful = true
	}
	m.renewLater()
}

// stop has the head stopped unless another command has taken it. Any
// goroutine may call it, also as a timer's function; it does not wait.
func (m *motion) stop() {
	d := m.head.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.ended || m.stopDue {
		return
	}
	m.stopDue = true
	m.head.stopSoon()
}

// end is called with mu held, once it is known how the motion ended.
func (m *motion) end(err error) {
	if m.ended {
		return
	}
	m.ended, m.err = true, err
	for _, t := range m.timers {
		t.Stop()
	}
	for _, w := range m.waiters {
		w.Wake()
	}
	m.waiters = nil
	m.owner.remove(m)
}
