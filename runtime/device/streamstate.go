package device

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// When a lost stream is opened again.
const (
	retryFirst = 2 * time.Second
	retryMost  = 30 * time.Second
	// A device that refuses what it gave before has its slots or its memory
	// full: asking more often keeps them full.
	refusedFirst = 30 * time.Second
	refusedMost  = 2 * time.Minute
	// It never gave it: it can't, or the account may not.
	refusedAlways = 5 * time.Minute
	// backSpread keeps the streams of a whole site from being opened at once
	// when its network is back.
	backSpread = time.Second
)

// Why a connection was ended from this side.
var (
	errSilent  = errors.New("the event stream is silent: not even a heartbeat comes")
	errDead    = errors.New("the event stream is silent, and the device does not answer")
	errOpening = fmt.Errorf("the event stream was not opened within %v", openLimit)
	errRenew   = errors.New("the event stream was quiet for long and is opened anew")
)

// opened is called when the device has accepted the connection.
func (f *feed) opened() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.d.clk.Now()
	f.alarms.gap, f.alarms.past = now.Sub(f.heardAt), maps.Clone(f.alarms.seen)
	f.openedAt, f.heardAt = now, now
	if !f.rhythm.expected(f.d) {
		f.flows(now)
	}
}

// flows is called with mu held when it is known that events come through.
func (f *feed) flows(now time.Time) {
	was := f.state
	f.state = EventsFlowing
	stop(&f.staleSoon)
	if was == EventsFlowing {
		return
	}
	away := f.tellAway(now)
	f.alarms.resume(now)
	if !away.IsZero() && !f.staleLogged {
		f.tell(luaapi.Event{Type: EventsStale, State: "stop", Time: now, Since: away, Till: now})
	}
	if f.staleLogged {
		f.staleLogged = false
		f.d.first().ref.say(slog.LevelInfo, "events flow again", keyDuration, now.Sub(f.lostAt).Round(time.Second))
		f.tell(luaapi.Event{Type: EventsStale, State: "stop", Time: now})
	}
}

// lost is called when the stream has ended, or could not be opened.
func (f *feed) lost(why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == EventsStale {
		return
	}
	now := f.d.clk.Now()
	f.state, f.lostAt = EventsStale, now
	f.alarms.pause()
	if errors.Is(why, errSilent) || errors.Is(why, errDead) || refusal(why) {
		f.sayStale(now, why)
		return
	}
	f.staleSoon = f.d.clk.AfterFunc(lostGrace, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.state == EventsStale {
			f.sayStale(f.d.clk.Now(), why)
		}
	})
}

// sayStale is called with mu held.
func (f *feed) sayStale(now time.Time, why error) {
	if f.staleLogged {
		return
	}
	f.staleLogged = true
	attrs := []any{keyError, why}
	if refused, ok := errors.AsType[*isapi.Error](why); ok && refused.Hint != "" {
		plain := *refused
		plain.Hint = ""
		attrs = []any{keyError, &plain, keyHint, refused.Hint}
	}
	f.d.first().ref.say(slog.LevelWarn, "no events: what the device notices is not known until they flow again", attrs...)
	if f.tellAway(now).IsZero() {
		f.tell(luaapi.Event{Type: EventsStale, State: "start", Time: now})
	}
}

// tell is called with mu held: events are told in the order in which they were
// found.
func (f *feed) tell(ev luaapi.Event) {
	for _, r := range f.d.refs() {
		one := ev
		one.Device = r.name
		f.d.set.hub.Deliver(r, &one)
	}
}

// refusal reports whether the device answered, and does not give the stream.
func refusal(err error) bool {
	var e *isapi.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind() {
	case "forbidden", "not_found", "unsupported", "busy", "device", "unauthorized", "locked":
		return true
	}
	return false
}

// retryAfter is how long to wait after the failure of that number.
func (f *feed) retryAfter(err error, failures int) time.Duration {
	first, most := retryFirst, retryMost
	if refusal(err) {
		f.mu.Lock()
		worked := f.worked
		f.mu.Unlock()
		var e *isapi.Error
		switch errors.As(err, &e); {
		case worked || e.Kind() == "busy" || e.Kind() == "device":
			first, most = refusedFirst, refusedMost
		default:
			first, most = refusedAlways, refusedAlways
		}
	}
	wait := min(first<<min(failures, 10), most)
	return f.jitter(wait, failures)
}

// jitter takes up to a quarter off, by the device's name and the number: no two
// devices keep step, and a rehearsal is the same each time.
func (f *feed) jitter(wait time.Duration, number int) time.Duration {
	h := fnv.New32a()
	fmt.Fprint(h, f.d.first().ref.name, number)
	return wait - wait/4*time.Duration(h.Sum32()%1024)/1024
}

// pause waits; if early is set, no longer than until the device is online
// again.
func (f *feed) pause(ctx context.Context, wait time.Duration, early bool) error {
	r := f.d.first().ref
	limit, cancel := clock.WithTimeout(f.d.clk, ctx, wait)
	defer cancel()
	r.mu.Lock()
	for back := false; !back; {
		was := r.state
		if r.changed.Wait(limit) != nil {
			r.mu.Unlock()
			return clock.Cause(ctx)
		}
		back = early && was != StateOnline && r.state == StateOnline
	}
	r.mu.Unlock()
	clock.Sleep(limit, f.d.clk, f.jitter(backSpread, 0))
	return clock.Cause(ctx)
}
