package device

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// The states of a device's event stream.
const (
	EventsOff     = "off"     // no script listens
	EventsFlowing = "flowing" // open, and not silent
	EventsStale   = "stale"   // lost or silent: nothing is known
)

const (
	// keepOpen is how long the stream stays open after the last one has stopped
	// to listen: a task that waits in a loop listens again at once.
	keepOpen = time.Minute
	// openLimit bounds the opening: clock, login and the answer's head.
	openLimit = 10 * time.Second
	// steadyAfter is how long a connection lasts that was worth opening; the
	// next one after a shorter one comes more slowly each time.
	steadyAfter = 10 * time.Second
	// lostGrace is how long a lost connection may be gone before it is said:
	// many devices close the stream now and then.
	lostGrace = 5 * time.Second
)

// feed is the event stream of one device: opened for as long as somebody
// listens, on connections of its own, opened again when it is lost. While it
// is wanted one goroutine reads it and one watches over its silence.
type feed struct {
	d *Device

	mu         sync.Mutex
	wanted     int // listeners
	closeLater clock.Timer
	running    bool
	cancel     context.CancelFunc // ends the goroutine
	line       *line
	client     *isapi.Client // a sibling of line's: connections of its own

	state       string
	lostAt      time.Time
	away        time.Time   // since when no host of the cluster is known to have listened, untold; zero: one has
	staleLogged bool        // in the log and as an event
	staleSoon   clock.Timer // tells it

	// Of the connection that is open.
	endLife  context.CancelCauseFunc
	openedAt time.Time
	heardAt  time.Time // the last part, or the opening
	parts    int
	beats    int // heartbeats

	// Over all connections.
	worked  bool        // some connection brought something
	numbers time.Time   // when the device was last asked for its channels
	clock   deviceClock // what it says when it is asked for its time
	stamps  deviceClock // what it writes into its events
	held    []heldAlert // old ones that may be live, by a clock that is behind
	replays int         // that were not fired again and have not been told of
	replay  string      // the last one
	rhythm  rhythm
	alarms  alarms
}

func newFeed(d *Device) *feed {
	f := &feed{d: d, state: EventsOff}
	f.alarms = newAlarms(f)
	return f
}

// shown is what dev.events says.
func (f *feed) shown() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// staleSince is since when the stream is stale; zero: it is not.
func (f *feed) staleSince() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state != EventsStale {
		return time.Time{}
	}
	return f.lostAt
}

// want notes that so many more, or fewer, listen.
func (f *feed) want(more int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wanted += more
	stop(&f.closeLater)
	switch {
	case f.wanted > 0:
		f.begin()
	case f.running:
		f.closeLater = f.d.clk.AfterFunc(keepOpen, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.wanted == 0 && f.cancel != nil {
				f.cancel()
			}
		})
	}
}

// begin is called with mu held.
func (f *feed) begin() {
	if f.running || f.d.ctx.Err() != nil {
		return
	}
	f.running = true
	f.takeOver()
	var ctx context.Context
	ctx, f.cancel = clock.WithCancel(f.d.ctx)
	f.d.ended.Go(func() {
		f.run(ctx)
		f.end()
	})
}

// end puts the feed back to what it was before anybody listened.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancel()
	if f.d.ctx.Err() == nil { // no script listens; where the host ends the next one goes on with them
		for _, on := range f.alarms.open {
			f.d.set.alarmBook.ended(f.d, on)
		}
	}
	f.alarms.clear()
	f.held = nil
	f.state, f.staleLogged, f.running, f.cancel = EventsOff, false, false, nil
	stop(&f.staleSoon)
	stop(&f.closeLater)
	if f.client != nil {
		f.client.Close()
		f.line, f.client = nil, nil
	}
	if f.wanted > 0 {
		f.begin()
	}
}

// stop stops a timer, if it is set.
func stop(t *clock.Timer) {
	if *t != nil {
		(*t).Stop()
		*t = nil
	}
}

// wire is the client for the stream, of the line that the device has now.
func (f *feed) wire() *isapi.Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.d.first(); f.line != l {
		if f.client != nil {
			f.client.Close()
		}
		f.line, f.client = l, l.client.Sibling()
	}
	return f.client
}

// observe lets the device draw from an answer what it says of it.
func (f *feed) observe(err error) {
	f.mu.Lock()
	l := f.line
	f.mu.Unlock()
	if l != nil {
		l.ref.observe(l, err)
	}
}

// rewired opens the stream over the new line of the device.
func (f *feed) rewired() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.endLife != nil {
		f.endLife(errRenew)
	}
}

// run opens the stream again and again until ctx ends.
func (f *feed) run(ctx context.Context) {
	failures := 0
	for {
		// The first answer tells whether it is there, and what it is.
		f.awaitWhile(ctx, func(r *Ref, _ *isapi.Client) bool { return r.state == StateUnknown })
		if refused := f.wire().LoginError(); refused != nil && clock.Cause(ctx) == nil {
			f.lost(refused) // nothing may be sent with this account
		}
		if f.awaitWhile(ctx, func(_ *Ref, c *isapi.Client) bool { return c.LoginError() != nil }) != nil {
			return
		}
		worked, err := f.life(ctx)
		switch {
		case clock.Cause(ctx) != nil:
			return
		case errors.Is(err, errRenew):
			continue
		case isElsewhere(err): // the end of the device is near, and nothing is known of its stream
			if f.pause(ctx, retryMost, false) != nil {
				return
			}
			continue
		case worked:
			failures = 0
		}
		f.lost(err)
		if f.wire().LoginError() != nil {
			continue
		}
		if f.pause(ctx, f.retryAfter(err, failures), !refusal(err)) != nil {
			return
		}
		failures++
	}
}

// awaitWhile waits while something is so of the device's first name, whose lock
// is held for the question, and of the client for the stream.
func (f *feed) awaitWhile(ctx context.Context, so func(*Ref, *isapi.Client) bool) error {
	for clock.Cause(ctx) == nil {
		l, client := f.d.first(), f.wire()
		l.ref.mu.Lock()
		same := f.d.first() == l // else the client may be of another line
		over := same && !so(l.ref, client)
		if same && !over {
			l.ref.changed.Wait(ctx)
		}
		l.ref.mu.Unlock()
		if over {
			return nil
		}
	}
	return clock.Cause(ctx)
}

// life is one connection from its opening to its end.
func (f *feed) life(parent context.Context) (worked bool, err error) {
	ctx, end := clock.WithCancelCause(parent)
	defer end(nil)
	f.mu.Lock()
	f.endLife, f.parts, f.beats = end, 0, 0
	f.mu.Unlock()

	opening := f.d.clk.AfterFunc(openLimit, func() { end(errOpening) })
	defer opening.Stop()
	if err := f.askClock(ctx); err != nil {
		return false, because(ctx, err)
	}
	began := f.d.clk.Now()
	s, err := f.wire().OpenAlerts(ctx)
	f.note("event stream", began, err)
	if err != nil {
		if errors.Is(err, isapi.ErrUnauthorized) || errors.Is(err, isapi.ErrLocked) {
			f.observe(err)
		}
		return false, because(ctx, err)
	}
	opening.Stop()
	f.opened()
	watch := clock.NewGroup(f.d.clk)
	defer watch.Wait()
	defer end(nil)
	watch.Go(func() { f.watch(ctx) })
	defer s.Close()
	for {
		a, err := s.Next()
		if err != nil {
			f.mu.Lock()
			worked := f.parts > 0 && f.d.clk.Now().Sub(f.openedAt) >= steadyAfter
			f.mu.Unlock()
			if refusal(err) {
				f.note("event stream", began, err)
			}
			return worked, because(ctx, err)
		}
		if a.Guess && f.learnNumbers(ctx) {
			s.Place(a)
		}
		f.take(a)
	}
}

// because is why a connection was ended from this side, else err.
func because(ctx context.Context, err error) error {
	if why := clock.Cause(ctx); why != nil {
		return why
	}
	return err
}

// note tells the journal of a request that went past the queue.
func (f *feed) note(what string, began time.Time, err error) {
	if isapi.Unsent(err) {
		return
	}
	f.d.first().ref.record(f.d.ctx, journal.Entry{Time: began, Duration: f.d.clk.Now().Sub(began), What: what, Err: err})
}
