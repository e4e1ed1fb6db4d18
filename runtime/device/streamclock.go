package device

import (
	"fmt"
	"log/slog"
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
	// stepLeast is how far apart two events must arrive, and stepMost by how
	// much their times may differ from that, to be in step: a replay comes all
	// at once, and live events come as they happen.
	stepLeast = 2 * time.Second
	stepMost  = 1500 * time.Millisecond
	// maxHeld bounds the events that are held until it is known whether they
	// are old.
	maxHeld = 64
	// sayReplaysAfter gathers what is to be said of old events into one line.
	sayReplaysAfter = 5 * time.Second
)

// deviceClock is how far a clock of a device is ahead of the host's.
type deviceClock struct {
	known bool
	ahead time.Duration
}

// heldAlert is one whose time is too old for an event that happens now.
type heldAlert struct {
	alert *isapi.Alert
	at    time.Time // of its arrival
}

// setClock takes the difference between the device's clock and the host's. A
// clock that was set makes the times before worthless. Called with mu held.
func (f *feed) setClock(c *deviceClock, ahead time.Duration) {
	if c.known && (ahead-c.ahead).Abs() > clockJump {
		clear(f.alarms.seen)
		clear(f.alarms.past)
		f.stamps.known = false
	}
	*c = deviceClock{true, ahead}
}

// stampNow is what the device's clock shows in the times of its events. Some devices
// stamp those in another zone than the one that they give when asked for their
// time. Called with mu held.
func (f *feed) stampNow(now time.Time) (shown time.Time, known bool) {
	c := f.clock
	if f.stamps.known {
		c = f.stamps
	}
	return now.Add(c.ahead), c.known
}

// learnStamps takes the time of a message that is not a replay. Heartbeats
// never are; anything else shows the clock only if it is later than it could
// be. Called with mu held.
func (f *feed) learnStamps(a *isapi.Alert, now time.Time) {
	if a.Time.IsZero() {
		return
	}
	shown, known := f.stampNow(now)
	if a.Heartbeat || !known || a.Time.After(shown) {
		f.setClock(&f.stamps, a.Time.Sub(now))
	}
}

// replayed reports whether an alert was noticed before the stream was opened,
// and is told late or once more. Called with mu held.
func (f *feed) replayed(a *isapi.Alert, now time.Time) bool {
	switch {
	case a.Past:
		return true
	case a.Heartbeat || a.Time.IsZero() || now.Sub(f.openedAt) > replayWindow:
		return false
	case f.isOld(a, now):
		return !f.inStep(a, now)
	}
	// What this alarm had shown before the connection was lost, to the second.
	seen, ok := f.alarms.past[keyOf(a)]
	return ok && f.alarms.gap > stepMost && !a.Time.After(seen)
}

func (f *feed) isOld(a *isapi.Alert, now time.Time) bool {
	shown, known := f.stampNow(now)
	return known && shown.Sub(a.Time) > oldAge
}

// inStep reports whether the times of old alerts advance as they arrive: then
// they are live, and the device stamps them with another clock, which is learned.
// Those that were held meanwhile are told. Called with mu held.
func (f *feed) inStep(a *isapi.Alert, now time.Time) bool {
	for i, h := range f.held {
		arrived, stamped := now.Sub(h.at), a.Time.Sub(h.alert.Time)
		if arrived < stepLeast || (arrived-stamped).Abs() > stepMost {
			continue
		}
		f.d.first().ref.say(slog.LevelInfo, "the device stamps its events with another time than its clock shows: its events are taken by their own",
			"behind", (-a.Time.Sub(now)).Round(time.Second))
		f.setClock(&f.stamps, a.Time.Sub(now))
		live := f.held[i:]
		f.held = nil
		for _, h := range live {
			if now.Sub(h.at) <= oldAge && (now.Sub(h.at)-a.Time.Sub(h.alert.Time)).Abs() <= stepMost {
				f.alarms.fold(h.alert, now)
				f.replays = max(f.replays-1, 0)
			}
		}
		return true
	}
	if f.held = append(f.held, heldAlert{a, now}); len(f.held) > maxHeld {
		f.held = f.held[1:]
	}
	return false
}

// dropReplay counts an alert that is not fired again, and has it said before
// long. Called with mu held.
func (f *feed) dropReplay(a *isapi.Alert) {
	f.replays++
	f.replay = fmt.Sprintf("%s of %s", a.Type, a.Time.Format(time.DateTime))
	if f.replays > 1 {
		return
	}
	f.d.clk.AfterFunc(sayReplaysAfter, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.replays > 0 {
			f.d.first().ref.say(slog.LevelInfo, "old events were not fired again: by its time the device noticed them before the event stream was opened",
				"events", f.replays, "last", f.replay)
		}
		f.replays = 0
	})
}

// take takes whatever the stream brings.
func (f *feed) take(a *isapi.Alert) {
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
		f.dropReplay(a)
		return
	}
	f.learnStamps(a, now)
	f.alarms.fold(a, now)
}
