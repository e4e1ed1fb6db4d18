package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// retryInterval is how often a device that is offline is looked for, if
	// status_interval is longer.
	retryInterval = 10 * time.Second
	// lockDefault is how long a locked account is left alone if the device
	// does not say: the vendor's default.
	lockDefault = 30 * time.Minute
	// silentCommands is how many commands in a row may time out before the
	// device counts as offline.
	silentCommands = 2
	// Three timeouts within slowWindow earn the hint to ask less often.
	slowWindow   = 10 * time.Minute
	slowTimeouts = 3
)

// watch polls the device for as long as it is open: deviceInfo at the start
// and whenever nothing was answered for status_interval.
func (r *Ref) watch(delay time.Duration) {
	for wait := delay; ; {
		if r.pauseWatch(wait) != nil {
			return
		}
		var due bool
		if due, wait = r.pollDue(); due {
			r.awaitAnswers()
			due, wait = r.pollDue()
		}
		if !due {
			continue
		}
		r.pollOnce()
		_, wait = r.pollDue()
	}
}

// pollDue tells whether the device is to be asked now, and if not, when.
func (r *Ref) pollDue() (bool, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, interval := r.clk.Now(), r.conf().StatusInterval
	switch r.state {
	case StateUnauthorized:
		return false, interval
	case StateLocked:
		if wait := r.retryAt.Sub(now); wait > 0 {
			return false, wait
		}
		r.Client().ResetLogin()
		return true, interval
	case StateUnknown:
		return true, min(interval, retryInterval)
	case StateOffline:
		return true, min(interval, retryInterval)
	}
	if r.info == nil {
		return true, min(interval, retryInterval) // it answers, and has not said yet what it is
	}
	if wait := r.answered.Add(interval).Sub(now); wait > 0 {
		return false, wait
	}
	return true, interval
}

// awaitAnswers waits for the commands under way, whose answers tell as much as
// that to a poll, and no longer than one of them may take.
func (r *Ref) awaitAnswers() {
	l := r.line.Load()
	l.dev.mu.Lock()
	defer l.dev.mu.Unlock()
	if l.active == 0 {
		return
	}
	limit, cancel := clock.WithTimeout(r.clk, r.ctx, l.conf.Timeout)
	defer cancel()
	for l.active > 0 && l.dev.settling.Wait(limit) == nil {
	}
}

// pollOnce asks for deviceInfo.
func (r *Ref) pollOnce() {
	// What it says of the device is taken from each command: see observe.
	_ = r.poll(r.ctx, luaapi.Command{What: "status"}, func(ctx context.Context, c *isapi.Client) error {
		info, err := c.DeviceInfo(ctx)
		if err == nil {
			r.learn(info)
		}
		return err
	})
}

// poll asks the device something after everything that waits in the queue.
func (r *Ref) poll(ctx context.Context, cmd luaapi.Command, run func(context.Context, *isapi.Client) error) error {
	return r.dev().submit(&command{Command: cmd, ref: r, ctx: ctx, run: run, poll: true})
}

// learn keeps what the device says of itself.
func (r *Ref) learn(info *isapi.DeviceInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.info == nil {
		r.say(slog.LevelInfo, "device online", keyModel, info.Model, keyFirmware, info.Firmware)
	}
	r.info = info
}

// observe draws from the end of a command what it says of the device, unless
// it was sent on a line that has been given up since.
func (r *Ref) observe(on *line, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if on != r.line.Load() || isElsewhere(err) {
		return
	}
	now := r.clk.Now()
	switch {
	case errors.Is(err, isapi.ErrUnauthorized):
		r.enter(StateUnauthorized, err)
	case errors.Is(err, isapi.ErrLocked):
		if r.state != StateLocked || !r.retryAt.After(now) {
			wait := lockDefault
			if told, ok := errors.AsType[*isapi.Error](err); ok && told.RetryIn > 0 {
				wait = told.RetryIn
			}
			// A second more: the device counts in whole ones.
			r.retryAt = now.Add(wait + time.Second)
		}
		r.enter(StateLocked, err)
	case errors.Is(err, isapi.ErrOffline):
		r.enter(StateOffline, err)
	case errors.Is(err, isapi.ErrTimeout):
		r.silent++
		r.countTimeout(now)
		if r.silent >= silentCommands {
			r.enter(StateOffline, err)
		}
	case err == nil || answered(err):
		r.silent = 0
		r.answered = now
		r.enter(StateOnline, nil)
	}
}

// answered reports whether an error is the device's own answer.
func answered(err error) bool {
	e, ok := errors.AsType[*isapi.Error](err)
	return ok && e.HTTPStatus != 0
}

// enter notes a state. Called with mu held.
func (r *Ref) enter(state string, err error) {
	was := r.state
	if was == StateElsewhere {
		return // for good: see Set.Drop
	}
	r.state, r.lastErr = state, err
	if was == state {
		return
	}
	r.since = r.clk.Now()
	r.changed.Broadcast()
	for _, e := range []struct{ word, state string }{{was, "stop"}, {state, "start"}} {
		if luaapi.HostEvent(e.word) {
			r.post(&luaapi.Event{Type: e.word, State: e.state, Device: r.name, Time: r.since})
		}
	}
	switch state {
	case StateUnknown:
		r.say(slog.LevelInfo, "device asked anew")
	case StateOnline:
		if was != StateUnknown {
			r.say(slog.LevelInfo, "device online again")
		}
	case StateLocked:
		r.say(slog.LevelError, "account locked: nothing is sent until the device unlocks it",
			keyError, err, keyUntil, r.retryAt.Format(time.TimeOnly))
	case StateUnauthorized:
		r.say(slog.LevelError, "login refused: nothing is sent until the password changes or a new try is asked for", keyError, err)
	default:
		r.say(slog.LevelWarn, "device "+state, keyError, err)
	}
}

// countTimeout gives the hint of the troubleshooting table: of a device that
// answers in between, and once per window. Called with mu held.
func (r *Ref) countTimeout(now time.Time) {
	if r.state == StateOffline || now.Sub(r.hinted) < slowWindow {
		return
	}
	r.timeouts = append(slices.DeleteFunc(r.timeouts, func(t time.Time) bool { return now.Sub(t) >= slowWindow }), now)
	if len(r.timeouts) < slowTimeouts {
		return
	}
	r.timeouts, r.hinted = r.timeouts[:0], now
	r.say(slog.LevelWarn, "device is slow under load",
		keyHint, fmt.Sprintf("%d commands timed out within %v: raise status_interval (now %v) in site.yaml, and ask for fewer pictures",
			slowTimeouts, clock.FormatDuration(slowWindow), clock.FormatDuration(r.conf().StatusInterval)))
}

// Retry lets a device that refused the login be tried again, because an
// operator asks for it.
func (r *Ref) Retry() {
	r.Client().ResetLogin()
	r.mu.Lock()
	r.enter(StateUnknown, nil)
	r.wakeWatcher()
	r.mu.Unlock()
	r.dev().hurryStops()
}

// Settled waits until the device's first answer, or its absence, is known, or
// the name is given up.
func (r *Ref) Settled(ctx context.Context) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.state == StateUnknown && !r.gone.Load() && r.changed.Wait(ctx) == nil {
	}
	return r.state
}

// pauseWatch is the watcher's wait for its next poll, which wakeWatcher ends.
func (r *Ref) pauseWatch(wait time.Duration) error {
	defer r.clk.AfterFunc(wait, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.wakeWatcher()
	}).Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.woken && r.watching.Wait(r.ctx) == nil {
	}
	r.woken = false
	return clock.Cause(r.ctx)
}

// wakeWatcher has the watcher look now whether a poll is due. Called with mu
// held.
func (r *Ref) wakeWatcher() {
	r.woken = true
	r.watching.Broadcast()
}

// askAnew forgets what is known of the device, which has another line now.
func (r *Ref) askAnew(was, is site.Device, moved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent, r.timeouts = 0, nil
	if moved || r.state != StateOnline || !sameLogin(was, is) {
		r.info = nil
		r.enter(StateUnknown, nil)
		r.wakeWatcher()
	}
}
