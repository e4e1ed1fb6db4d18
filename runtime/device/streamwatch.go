package device

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// How long a stream may be silent. Cameras send a heartbeat each 10 s, a few
// seconds late at times; many recorders send none.
const (
	probeAfter   = 20 * time.Second // then the device is asked whether it is there
	silentAfter  = 25 * time.Second // then a stream with heartbeats is lost
	probeLimit   = 5 * time.Second
	renewAfter   = 5 * time.Minute // then one without heartbeats is opened anew
	justAnswered = 3 * time.Second // so fresh an answer is as good as a probe

	askNumbersEvery = 5 * time.Second // while the device is too busy to list its channels
)

// watch ends the connection when it is silent for too long.
func (f *feed) watch(ctx context.Context) {
	clk := f.d.clk
	for clock.Cause(ctx) == nil {
		quiet, beats := f.quiet()
		switch {
		case quiet < probeAfter:
			if clock.Sleep(ctx, clk, probeAfter-quiet) != nil {
				return
			}
			continue
		case !f.probe(ctx):
			f.hangUp(errDead, quiet)
			continue
		}
		if quiet, _ = f.quiet(); beats && quiet >= probeAfter {
			if clock.Sleep(ctx, clk, silentAfter-quiet) != nil {
				return
			}
			f.hangUp(errSilent, silentAfter)
			continue
		}
		if quiet >= renewAfter {
			f.hangUp(errRenew, renewAfter)
			continue
		}
		if clock.Sleep(ctx, clk, probeAfter) != nil {
			return
		}
	}
}

// quiet is how long nothing has come, and whether something should have.
func (f *feed) quiet() (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.d.clk.Now().Sub(f.heardAt), f.rhythm.expected(f.d)
}

// hangUp ends the connection, unless something has come meanwhile.
func (f *feed) hangUp(why error, quiet time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.d.clk.Now().Sub(f.heardAt) < quiet {
		return
	}
	if why == errSilent {
		f.rhythm.missed(f)
	}
	f.endLife(why)
}

// probe asks the device for something small: is it there?
func (f *feed) probe(parent context.Context) bool {
	d := f.d
	if d.clk.Now().Sub(d.first().ref.lastAnswer()) < justAnswered {
		return true
	}
	ctx, cancel := clock.WithTimeout(d.clk, parent, probeLimit)
	defer cancel()
	err := f.askClock(ctx)
	if isElsewhere(err) {
		return true // the stream has ended by itself
	}
	return err == nil && clock.Cause(ctx) == nil
}

// askClock asks the device for its time, by which old events are told. An
// error means that it did not answer, or that nothing may be sent.
func (f *feed) askClock(ctx context.Context) error {
	began := f.d.clk.Now()
	t, err := f.wire().Time(ctx)
	if clock.Cause(ctx) == nil || errors.Is(err, isapi.ErrTimeout) {
		f.note("clock", began, err)
		f.observe(err)
	}
	if err == nil {
		f.mu.Lock()
		f.setClock(&f.clock, t.Ahead(f.d.clk.Now()))
		f.mu.Unlock()
		return nil
	}
	if e, ok := errors.AsType[*isapi.Error](err); ok && e.HTTPStatus != 0 && !errors.Is(err, isapi.ErrUnauthorized) && !errors.Is(err, isapi.ErrLocked) {
		return nil // it is there, that is enough
	}
	return err
}

// learnNumbers has the client list the device's channels: only then it can tell
// a channel 33 from the first network camera as an SDK counts it. false: the
// device does not say, or was asked in vain a moment ago.
func (f *feed) learnNumbers(parent context.Context) bool {
	began := f.d.clk.Now()
	f.mu.Lock()
	soon := began.Sub(f.numbers) < askNumbersEvery
	f.numbers = began
	f.mu.Unlock()
	if soon {
		return false
	}
	ctx, cancel := clock.WithTimeout(f.d.clk, parent, probeLimit)
	defer cancel()
	_, err := f.wire().Channels(ctx)
	f.note("channels", began, err)
	return err == nil
}

// rhythm is what is known of a device's heartbeats.
type rhythm struct {
	regular int       // in a row, so far
	last    time.Time // the last one
	none    int       // silences of a stream that had brought events but no heartbeat
}

const (
	sureOfBeats = 3
	sureOfNone  = 2
	beatGap     = 20 * time.Second
)

// beat notes a heartbeat.
func (r *rhythm) beat(now time.Time) {
	if gap := now.Sub(r.last); gap > beatGap && r.regular < sureOfBeats {
		r.regular = 0
	} else if gap > time.Second {
		r.regular++
	}
	r.last, r.none = now, 0
}

// missed notes that a stream was silent for too long. Called with the feed's
// mu held.
func (r *rhythm) missed(f *feed) {
	if f.parts > 0 && f.beats == 0 && r.regular < sureOfBeats {
		if r.none++; r.none == sureOfNone {
			f.d.first().ref.say(slog.LevelInfo, "this device sends no heartbeats: whether its event stream is lost or only quiet is found out by asking the device")
		}
	}
}

// expected reports whether the stream of d is never silent for long. Until it
// has shown, cameras are taken to send heartbeats and recorders not to.
func (r *rhythm) expected(d *Device) bool {
	switch {
	case r.regular >= sureOfBeats:
		return true
	case r.none >= sureOfNone:
		return false
	}
	return isCamera(d.info())
}

// isCamera reports whether a device says that it is a camera; nil: it has said
// nothing yet.
func isCamera(info *isapi.DeviceInfo) bool {
	if info == nil {
		return false
	}
	kind := strings.ToLower(info.Type)
	return strings.Contains(kind, "ipc") || strings.Contains(kind, "camera") || strings.Contains(kind, "dome")
}
