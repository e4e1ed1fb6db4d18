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
	"github.com/hiklua/hiklua/runtime/journal"
)

// motion is a head that we set moving and must stop. It belongs to an owner:
// when that one ends, the stop goes out.
type motion struct {
	head *head
	ref  *Ref
	ctx  context.Context // of the command, for the journal
	v    isapi.Velocity
	o    luaapi.MoveOptions

	// Guarded by Device.mu.
	owner   *Owner
	line    *line     // over which it was sent
	until   time.Time // it will be stopped
	began   time.Time // the device said yes
	stopDue bool      // it has to be stopped, now
	cause   string    // why, for the journal: journal.StopLimit, StopTask, StopCluster, or ""
	waned   error     // what its owner is told of a stop by Wane; nil: there was none
	ended   bool
	err     error // of the stop; errTaken: another command took the head
	timers  []clock.Timer
}

var (
	errTaken     = errors.New("another command took the head")
	errAbandoned = errors.New("the task of this motion has ended")
	errOvertaken = errors.New("a stop could not wait for the command")
)

// move sets the head in motion. With a duration it returns when the head was
// stopped, or at once if NoWait is set.
func (h *head) move(ctx context.Context, r *Ref, cmd luaapi.Command, v isapi.Velocity, o luaapi.MoveOptions) error {
	d := h.d
	cmd.Head = true
	m := &motion{head: h, ref: r, owner: ownerOf(ctx), ctx: ctx, v: v, o: o}
	c := &command{
		Command: cmd, ref: r, ctx: ctx, head: h, motion: m,
		run: func(ctx context.Context, c *isapi.Client) error { return m.drive(ctx, c, v) },
	}
	if err := d.enter(c); err != nil {
		return err
	}
	// From here on, whatever becomes of the task, the head will be stopped.
	if err := addTo(m.owner, &m.owner.motions, m); err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.end(c, err)
		return err
	}
	decided, err := h.writeDown(ctx, r)
	defer decided()
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.drop(c, err)
		return err
	}
	if err := d.submit(c); err != nil {
		// Refused or never sent: nothing to stop. One that is on the wire, or
		// may have been carried out, is stopped.
		d.mu.Lock()
		defer d.mu.Unlock()
		if c.state != commandRunning && h.motion != m {
			m.end(err)
		}
		m.stopNow()
		return err
	}
	if o.Duration <= 0 || o.NoWait {
		return nil
	}
	limit, cancel := clock.WithTimeout(d.clk, ctx, o.Duration+r.conf().Timeout)
	defer cancel()
	err = m.wait(limit)
	if errors.Is(err, context.DeadlineExceeded) && clock.Cause(ctx) == nil {
		return h.stopUnanswered(r)
	}
	return err
}

// drive sends the motion, or its stop.
func (m *motion) drive(ctx context.Context, c *isapi.Client, v isapi.Velocity) error {
	if m.o.Send == nil {
		return m.head.drive(ctx, c, v)
	}
	return m.o.Send(ctx, c, v)
}

// wait returns when the motion has ended, or the device refuses to stop it.
func (m *motion) wait(ctx context.Context) error {
	d := m.head.d
	d.mu.Lock()
	defer d.mu.Unlock()
	for !m.ended && m.err == nil {
		if err := d.settling.Wait(ctx); err != nil {
			m.stopNow()
			return err
		}
	}
	if errors.Is(m.err, errTaken) {
		return nil
	}
	return m.err
}

// moves is called, with mu held, when the device has said yes.
func (m *motion) moves() {
	if m.ended {
		return
	}
	d, limit := m.head.d, m.o.Duration
	m.began = d.clk.Now()
	if limit > 0 {
		m.timers = append(m.timers, d.clk.AfterFunc(limit, m.stop))
	} else {
		limit = d.set.site.Load().Limits.Motion
		m.timers = append(m.timers, d.clk.AfterFunc(limit, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			m.stopFor(journal.StopLimit)
			m.ref.say(slog.LevelWarn, fmt.Sprintf("the head was stopped: nobody had stopped it for limits.motion (%v)", limit),
				keyChannel, m.head.channel, keyTask, m.owner.Name)
		}))
	}
	m.until = d.clk.Now().Add(limit)
	m.renewLater()
	switch {
	case d.waning:
		m.wane()
	case m.line.left:
		m.stopNow()
	}
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
	if h.wire.Acquire(d.ctx) != nil {
		return
	}
	defer h.wire.Release()
	confirmed := m.ref.confirm(d.ctx, h.channel, "the renewal") == nil
	line := m.ref.line.Load()
	d.mu.Lock()
	current := h.motion == m && !m.stopDue && !m.ended && line.dev == d
	if current && !confirmed {
		m.renewLater()
	}
	d.mu.Unlock()
	if !current || !confirmed {
		return
	}
	ctx, cancel := clock.WithTimeout(d.clk, context.Background(), min(line.conf.Timeout, renewEvery))
	err := m.ref.sent(func() error { return h.drive(ctx, line.urgent, m.v) })
	cancel()
	m.ref.observe(line, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.ended {
		return
	}
	// One that may still be carried out does so after the stop: see again.
	switch {
	case err == nil:
		h.stopper.doubtful = false
	case mayHaveBeenDone(err):
		h.stopper.doubtful = true
	}
	m.renewLater()
}

// stop has the head stopped unless another command has taken it. Any
// goroutine may call it, also as a timer's function; it does not wait.
func (m *motion) stop() {
	d := m.head.d
	d.mu.Lock()
	defer d.mu.Unlock()
	m.stopNow()
}

// stopFor is stopNow, with why. Called with mu held.
func (m *motion) stopFor(cause string) {
	if !m.ended && !m.stopDue {
		m.cause = cause
	}
	m.stopNow()
}

// stopNow is stop, called with mu held.
func (m *motion) stopNow() {
	if m.ended || m.stopDue {
		return
	}
	m.stopDue = true
	m.head.stopper.start()
}

// refused notes, for those who wait, that the device refuses to stop the head. The
// motion goes on: so do the tries. Called with mu held.
func (m *motion) refused(err error) {
	if m.err == nil {
		m.err = err
	}
}

// end is called with mu held, once it is known how the motion ended.
func (m *motion) end(err error) {
	if m.ended {
		return
	}
	m.ended = true
	if err == nil {
		err = m.waned
	}
	if m.err == nil {
		m.err = err
	}
	for _, t := range m.timers {
		t.Stop()
	}
	removeFrom(m.owner, &m.owner.motions, m)
	m.head.d.settling.Broadcast()
}
