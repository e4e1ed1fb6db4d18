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

const (
	// retryInterval is how often a device that is offline is looked for, if
	// status_interval is longer.
	retryInterval = 10 * time.Second
	// lockPatience is how long a locked account is left alone if the device
	// does not say: the vendor's default.
	lockPatience = 30 * time.Minute
	// silentCommands is how many commands in a row may time out before the
	// device counts as offline.
	silentCommands = 2
	// Three timeouts within slowWindow earn the hint to ask less often.
	slowWindow   = 10 * time.Minute
	slowTimeouts = 3
)

// watch polls the device for as long as it is open: deviceInfo at the start
// and whenever nothing was answered for status_interval.
func (d *Device) watch(delay time.Duration) {
	for wait := delay; ; {
		if d.pauseWatch(wait) != nil {
			return
		}
		var due bool
		if due, wait = d.pollDue(); !due {
			continue
		}
		d.pollOnce()
		_, wait = d.pollDue()
	}
}

// pollDue tells whether the device is to be asked now, and if not, when.
func (d *Device) pollDue() (bool, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, interval := d.clk.Now(), d.conf().StatusInterval
	switch d.state {
	case StateUnauthorized:
		return false, interval
	case StateLocked:
		if wait := d.retryAt.Sub(now); wait > 0 {
			return false, wait
		}
		d.Client().ResetLogin()
		return true, interval
	case StateUnknown:
		return true, min(interval, retryInterval)
	case StateOffline:
		return true, min(interval, retryInterval)
	}
	if d.info == nil {
		return true, min(interval, retryInterval) // it answers, and has not said yet what it is
	}
	if wait := d.answered.Add(interval).Sub(now); wait > 0 {
		return false, wait
	}
	return true, interval
}

// pollOnce asks for deviceInfo, after everything that waits in the queue, and
// not at all if that brings an answer first.
func (d *Device) pollOnce() {
	c := &command{
		Command: luaapi.Command{What: "status"},
		ctx:     d.ctx,
		run: func(ctx context.Context, c *isapi.Client) error {
			info, err := c.DeviceInfo(ctx)
			if err == nil {
				d.learn(info)
			}
			return err
		},
		queued: d.clk.Now(),
		waiter: d.clk.NewWaiter(),
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return
	}
	d.poll = c
	d.wakeWorker()
	d.mu.Unlock()

	leave := clock.OnDone(d.ctx, c.waiter.Wake)
	c.waiter.Wait()
	leave()
}

// learn keeps what the device says of itself.
func (d *Device) learn(info *isapi.DeviceInfo) {
	defer d.speak()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.info == nil {
		d.remark(slog.LevelInfo, "device online", keyModel, info.Model, keyFirmware, info.Firmware)
	}
	d.info = info
}

// observe draws from the end of a command what it says of the device, unless
// it was sent on a line that has been given up since.
func (d *Device) observe(on *line, err error) {
	defer d.speak()
	d.mu.Lock()
	defer d.mu.Unlock()
	if on != d.line.Load() {
		return
	}
	now := d.clk.Now()
	switch {
	case errors.Is(err, isapi.ErrUnauthorized):
		d.enter(StateUnauthorized, err)
	case errors.Is(err, isapi.ErrLocked):
		if d.state != StateLocked || !d.retryAt.After(now) {
			wait := lockPatience
			var told *isapi.Error
			if errors.As(err, &told) && told.RetryIn > 0 {
				wait = told.RetryIn
			}
			// A second more: the device counts in whole ones.
			d.retryAt = now.Add(wait + time.Second)
		}
		d.enter(StateLocked, err)
	case errors.Is(err, isapi.ErrOffline):
		d.enter(StateOffline, err)
	case errors.Is(err, isapi.ErrTimeout):
		d.silent++
		d.countTimeout(now)
		if d.silent >= silentCommands {
			d.enter(StateOffline, err)
		}
	case err == nil || answered(err):
		d.silent = 0
		d.answered = now
		d.enter(StateOnline, nil)
	}
}

// answered reports whether an error is the device's own answer.
func answered(err error) bool {
	var e *isapi.Error
	return errors.As(err, &e) && e.HTTPStatus != 0
}

// enter notes a state. Called with mu held.
func (d *Device) enter(state string, err error) {
	was := d.state
	d.state, d.lastErr = state, err
	if was == state {
		return
	}
	for _, w := range d.changed {
		w.Wake()
	}
	d.changed = nil
	d.feed.entered(state, was)
	switch state {
	case StateUnknown:
		d.remark(slog.LevelInfo, "device asked anew")
	case StateOnline:
		if was != StateUnknown {
			d.remark(slog.LevelInfo, "device online again")
		}
	case StateLocked:
		d.remark(slog.LevelError, "account locked: nothing is sent until the device unlocks it",
			keyError, err, keyUntil, d.retryAt.Format(time.TimeOnly))
	case StateUnauthorized:
		d.remark(slog.LevelError, "login refused: nothing is sent until the password in site.yaml changes", keyError, err)
	default:
		d.remark(slog.LevelWarn, "device "+state, keyError, err)
	}
}

// countTimeout gives the hint of the troubleshooting table: of a device that
// answers in between, and once per window. Called with mu held.
func (d *Device) countTimeout(now time.Time) {
	if d.state == StateOffline || now.Sub(d.hinted) < slowWindow {
		return
	}
	kept := d.timeouts[:0]
	for _, t := range d.timeouts {
		if now.Sub(t) < slowWindow {
			kept = append(kept, t)
		}
	}
	d.timeouts = append(kept, now)
	if len(d.timeouts) < slowTimeouts {
		return
	}
	d.timeouts, d.hinted = d.timeouts[:0], now
	d.remark(slog.LevelWarn, "device is slow under load",
		keyHint, fmt.Sprintf("%d commands timed out within %v: raise status_interval (now %v) in site.yaml, and ask for fewer pictures",
			slowTimeouts, slowWindow, d.conf().StatusInterval))
}

// Retry lets a device that refused the login be tried again, because an
// operator asks for it.
func (d *Device) Retry() {
	d.Client().ResetLogin()
	d.mu.Lock()
	d.enter(StateUnknown, nil)
	d.wakeWatcher()
	d.mu.Unlock()
	d.speak()
}

// Settled waits until the device's first answer, or its absence, is known.
func (d *Device) Settled(ctx context.Context) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.state == StateUnknown && clock.Cause(ctx) == nil {
		w := d.clk.NewWaiter()
		d.changed = append(d.changed, w)
		d.mu.Unlock()
		clock.WaitFor(ctx, w)
		d.mu.Lock()
	}
	return d.state
}
