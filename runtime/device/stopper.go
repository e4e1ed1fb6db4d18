package device

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// StopTimeout is how long one try of a stop waits for its answer, and how
	// long a stop waits for the PTZ command that is under way at its head.
	StopTimeout = 5 * time.Second
	// A stop that was not answered, or was refused, is tried again after
	// stopRetryMin, then after twice that, up to stopRetryMax.
	stopRetryMin = 250 * time.Millisecond
	stopRetryMax = 5 * time.Second
	// A device that refuses a stop noHeadTries times over noHeadAfter, and has
	// never done a PTZ command there, has no head there.
	noHeadTries = 6
	noHeadAfter = 10 * time.Second
)

// stopper has one head stopped. Its promises:
//
// A stop waits for nothing but the PTZ command that is under way at its head,
// and for that no longer than StopTimeout, or not at all after Hurry. Neither a login that is being found
// out, nor the crash book, the log, the journal, site.yaml or a script's lock
// stands before it.
//
// It ends by the device's answer, by another PTZ command that the head obeys,
// or by the refusals of a device that has no head there; and, told in the log,
// with the host.
//
// Until then the head counts as moving.
//
// Its fields are guarded by Device.mu.
type stopper struct {
	head     *head
	running  bool           // a goroutine sends stops
	requests []*stopRequest // ptz_stops that wait for the answer, or the last whose caller has gone
	doubtful bool           // a move, or its renewal, was sent whose answer never came
	insist   bool           // it may move although no motion of ours is known
	late     int            // second stops that are still to come for doubtful moves
	pause    clock.Waiter   // it waits here before it tries again
	hurried  bool           // there is a new reason to stop since the last try began
	refused  refusals

	abandoned bool // nothing more is tried: the device is not reached there any more
}

// refusals are those of one stop, in a row.
type refusals struct {
	err   error // the last one; nil: there was none
	first time.Time
	times int
}

func (r *refusals) clear() { *r = refusals{} }

// stopRequest is a script's own ptz_stop.
type stopRequest struct {
	ref  *Ref
	ctx  context.Context
	done bool
	err  error
}

// busy reports whether a stop is under way, or still to come. Called with mu
// held.
func (s *stopper) busy() bool { return s.running || s.insist || s.doubtful || s.late > 0 }

// stop is a ptz_stop. It drops the moves that wait for the head.
func (h *head) stop(ctx context.Context, r *Ref) error {
	d := h.d
	req := &stopRequest{ref: r, ctx: ctx}
	limit, cancel := clock.WithTimeout(d.clk, ctx, r.conf().Timeout)
	defer cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.set.dropped.Load():
		return r.elsewhere(h.channel, h.stopWord()+" was not sent")
	case d.closed:
		return ErrClosed
	}
	h.stops++
	d.dropQueuedFor(h)
	h.stopper.requests = append(h.stopper.requests, req)
	h.stopper.start()
	for !req.done && d.settling.Wait(limit) == nil {
	}
	if req.done {
		return req.err
	}
	// The stop is tried on without its caller. One request is enough for that,
	// however many callers a device that is away has sent off.
	if len(h.stopper.requests) > 1 {
		h.stopper.forget(req)
	}
	if err := clock.Cause(ctx); err != nil {
		return err
	}
	return h.stopUnanswered(r)
}

// dropQueuedFor drops what waits to move a head. Called with mu held.
func (d *Device) dropQueuedFor(h *head) {
	for _, c := range d.queue {
		if c.head == h {
			d.drop(c, h.stopCame(c))
		}
	}
	d.dropQueued(nil, func(c *command) bool { return c.state == commandDone })
}

func (h *head) stopUnanswered(r *Ref) error {
	return r.failure("offline", h.channel,
		fmt.Sprintf("%s was not answered within %v; it is tried until it is", h.stopWord(), clock.FormatDuration(r.conf().Timeout)),
		"look at the head: it may be moving")
}

// stopInsistently has a head stopped that no motion of ours moves. It does not wait.
func (h *head) stopInsistently() {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	h.works = true // it moves for all we know: no refusal says that it is not there
	h.stopper.insist = true
	h.stopper.start()
}

// start has the stop sent, now if the stopper pauses. Called with mu held.
func (s *stopper) start() {
	if s.running {
		s.hurry()
		return
	}
	s.running = true
	s.head.d.ended.Go(s.run)
}

// hurry has the next try follow at once, with no pause before it. Called with mu
// held.
func (s *stopper) hurry() {
	s.hurried = true
	if s.pause != nil {
		s.pause.Wake()
	}
}

// run sends stops until nothing is left that has to be stopped.
func (s *stopper) run() {
	for pause := stopRetryMin; ; {
		done, answered := s.try()
		if done {
			return
		}
		if answered {
			pause = stopRetryMin
			continue
		}
		hurried, err := s.wait(pause)
		if err != nil && s.head.d.set.dropped.Load() {
			s.end()
			return
		}
		if err != nil {
			s.giveUp()
			return
		}
		pause = min(2*pause, stopRetryMax)
		if hurried {
			pause = stopRetryMin
		}
	}
}

// end is for a stopper whose head another host stops.
func (s *stopper) end() {
	d := s.head.d
	d.mu.Lock()
	defer d.mu.Unlock()
	s.running = false
	d.settling.Broadcast()
}

// takeWire waits for the head's wire, and ends the command that has it for
// longer than StopTimeout, or at once where the host ends in a hurry.
func (s *stopper) takeWire() {
	h, d := s.head, s.head.d
	breakOff := func() {
		d.mu.Lock()
		overtake := h.overtake
		d.mu.Unlock()
		if overtake != nil {
			overtake()
		}
	}
	defer d.clk.AfterFunc(StopTimeout, breakOff).Stop()
	defer clock.OnDone(d.set.hurry, breakOff)()
	h.wire.AcquireFirst(context.Background())
}

// try sends one stop, if one is due; done: none is, and the stopper has ended.
func (s *stopper) try() (done, answered bool) {
	h, d := s.head, s.head.d
	s.takeWire()
	defer h.wire.Release()
	d.mu.Lock()
	m := h.motion
	if (m == nil || !m.stopDue) && len(s.requests) == 0 && !s.doubtful && !s.insist {
		s.running = false
		s.refused.clear()
		h.settle()
		d.settling.Broadcast()
		d.mu.Unlock()
		return true, false
	}
	requests := slices.Clone(s.requests)
	lines := h.stopLines(m, requests)
	s.hurried = false
	d.mu.Unlock()

	began := d.clk.Now()
	err := s.send(m, lines)
	d.mu.Lock()
	if isElsewhere(err) || d.set.dropped.Load() {
		s.letGo(err)
		s.running = false
		d.mu.Unlock()
		s.write(m, requests, began, err)
		return true, false
	}
	answered = s.answered(m, requests, err)
	d.settling.Broadcast() // for ptz_stops, and those who wait for the motion
	d.mu.Unlock()
	s.write(m, requests, began, err)
	return false, answered
}

// answered notes what a try has brought, and reports whether the head is at
// rest. Called with mu held.
func (s *stopper) answered(m *motion, requests []*stopRequest, err error) bool {
	h := s.head
	now := h.d.clk.Now()
	h.commandedAt = now
	h.looks.preset = ""
	h.works = h.works || err == nil
	h.elsewhere = h.elsewhere && err != nil
	first := s.refused.err
	if err == nil {
		s.refused.clear()
	} else {
		if s.refused.times == 0 {
			s.refused.first = now
		}
		s.refused.err = err
		if isRefusal(err) || isFault(err) {
			s.refused.times++
		}
	}
	noHead := !h.works && s.refused.times >= noHeadTries && now.Sub(s.refused.first) >= noHeadAfter
	unasked := m == nil && !s.doubtful && !s.insist && !h.works // a ptz_stop where nothing has ever moved
	switch {
	case err == nil, noHead, unasked && isRefusal(err):
		if err == nil && first != nil {
			s.say(slog.LevelInfo, "the stop was answered")
		}
		if noHead {
			s.say(slog.LevelError, "the device refuses to stop the head, and has never moved it: there is none", keyError, err)
		}
		if s.doubtful && err == nil {
			s.again()
		}
		s.doubtful, s.insist = false, false
		s.refused.clear()
		if h.motion != nil && h.motion == m {
			h.motion = nil
			m.end(err)
		}
		s.tell(requests, err)
		return true
	case isRefusal(err):
		// The callers are told; the head counts as moving, and the tries go on.
		s.insist = true
		s.tell(requests, err)
		if m != nil {
			m.refused(err)
		}
		if !sameKind(first, err) {
			s.say(slog.LevelError, "the device refuses to stop the head: it may be moving, and is tried on", keyError, err)
		}
	case !sameKind(first, err):
		s.say(slog.LevelWarn, "stop not answered, trying again", keyError, err)
	}
	return false
}

func sameKind(a, b error) bool { return a != nil && luaapi.Describe(a).Kind == luaapi.Describe(b).Kind }

// tell answers ptz_stops. Called with mu held.
func (s *stopper) tell(requests []*stopRequest, err error) {
	for _, r := range slices.Clone(requests) {
		s.forget(r)
		r.done, r.err = true, err
	}
}

// forget is called with mu held.
func (s *stopper) forget(r *stopRequest) {
	s.requests = slices.DeleteFunc(s.requests, func(o *stopRequest) bool { return o == r })
}

// say keeps a line for the log. Called with mu held.
func (s *stopper) say(level slog.Level, message string, attrs ...any) {
	s.head.d.first().ref.say(level, message, append([]any{keyChannel, s.head.channel}, attrs...)...)
}

// wait is the time before the next try. It ends with the host, and early if
// there is a new reason to stop, also one that has come since the last try began.
func (s *stopper) wait(pause time.Duration) (hurried bool, err error) {
	d := s.head.d
	w := d.clk.NewWaiter()
	d.mu.Lock()
	s.pause = w
	if s.hurried {
		w.Wake()
	}
	d.mu.Unlock()
	timer := d.clk.AfterFunc(pause, w.Wake)
	err = clock.WaitFor(d.ctx, w)
	timer.Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	s.pause = nil
	if s.abandoned {
		return false, errAbandoned
	}
	return s.hurried, err
}

// again has the head stopped once more in a while, unless another command has it
// by then: a move without an answer may still be carried out. Called with mu
// held.
func (s *stopper) again() {
	h, d := s.head, s.head.d
	s.late++
	d.clk.AfterFunc(lateMove, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		s.late--
		if h.motion == nil && !d.closed {
			s.insist = true
			s.start()
		}
		d.settling.Broadcast()
	})
}

// giveUp is the end of a stop that was not answered before the host went.
func (s *stopper) giveUp() {
	h, d := s.head, s.head.d
	d.mu.Lock()
	err := s.refused.err
	s.running, s.insist = false, !s.abandoned
	if h.motion != nil {
		h.motion.end(err)
		h.motion = nil
	}
	s.doubtful = false
	s.tell(s.requests, err)
	d.settling.Broadcast()
	d.mu.Unlock()
	d.first().ref.say(slog.LevelError, "the head may still be moving: its stop was never answered", keyChannel, h.channel, keyError, err)
}
