package device

import (
	"time"

	"github.com/hiklua/hiklua/isapi"
)

const (
	// replayWindow is how long after its opening a stream may bring what was
	// noticed before. Later whatever comes is new, whatever its time: the
	// device's clock may have been set.
	replayWindow = time.Minute
	// oldAge is how far back an event of a stream just opened may lie. A body
	// may come ten seconds after its headers, and clocks count whole seconds.
	oldAge = 30 * time.Second
	// clockJump is a difference that no drift explains.
	clockJump = 10 * time.Second
)

// deviceClock is how far the clock of a device is ahead of the host's.
type deviceClock struct {
	known bool
	ahead time.Duration
}

// setClock takes the difference between the device's clock and the host's. A
// clock that was set makes the times before worthless. Called with mu held.
func (f *feed) setClock(ahead time.Duration) {
	if f.clock.known && (ahead-f.clock.ahead).Abs() > clockJump {
		clear(f.alarms.seen)
		clear(f.alarms.past)
	}
	f.clock = deviceClock{true, ahead}
}

// learnClock takes the time of a message that is not a replay. Heartbeats
// never are; anything else shows the clock only if it is later than it could
// be. Called with mu held.
func (f *feed) learnClock(a *isapi.Alert, now time.Time) {
	if a.Time.IsZero() {
		return
	}
	if ahead := a.Time.Sub(now); a.Heartbeat || !f.clock.known || ahead > f.clock.ahead {
		f.setClock(ahead)
	}
}

// replayed reports whether an alert was noticed before the stream was opened,
// and is told late or once more. Called with the feed's mu held.
func (f *feed) replayed(a *isapi.Alert, now time.Time) bool {
	if a.Heartbeat || a.Time.IsZero() || now.Sub(f.openedAt) > replayWindow {
		return false
	}
	if f.clock.known && now.Add(f.clock.ahead).Sub(a.Time) > oldAge {
		return true
	}
	// What this alarm had shown before the connection was lost, to the second.
	seen, ok := f.alarms.past[keyOf(a)]
	return ok && f.alarms.gap > 1500*time.Millisecond && !a.Time.After(seen)
}

// heard takes whatever the stream brings.
func (f *feed) heard(a *isapi.Alert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.d.clk.Now()
	f.heardAt, f.worked = now, true
	f.parts++
	if a.Heartbeat {
		f.beats++
		f.rhythm.beat(now)
	}
	f.flows(now)
	if f.replayed(a, now) {
		f.d.log.Debug("an old event was not fired again", "event", a.Type, keyChannel, a.Channel, "noticed", a.Time)
		return
	}
	f.learnClock(a, now)
	f.alarms.fold(a, now)
}
