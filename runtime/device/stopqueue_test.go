package device

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
)

// StopAll stops what moves and drops the moves that wait, under any load.
func TestStopAll(t *testing.T) {
	r := newRig(t, gateAt(oneGate)+"  b: {ip: 192.0.2.2, username: admin, password: simulated, timeout: 30s}\n")
	var over atomic.Bool
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			ctx, o := by(fmt.Sprint(i), nil)
			defer o.End()
			for !over.Load() {
				turn(ctx, r.set.Devices()[i%2])
			}
		})
	}
	for range 50 {
		time.Sleep(2 * time.Millisecond)
		r.set.StopAll()
	}
	over.Store(true)
	r.within(10*time.Second, "a mover", all.Wait)
	r.eventually("all heads rest", r.set.AllAtRest)
	for address, d := range r.sims {
		if d.Driven(1) {
			t.Errorf("%s: the head turns\n%s", address, r.log)
		}
	}
}

// Ctrl-C at the REPL also drops what the session has queued.
func TestStopOfAnOwnerDropsItsQueuedMove(t *testing.T) {
	r, gate := newGate(t)
	busy := make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/presets") {
			<-busy
		}
		return device.RoundTrip(req)
	})
	ctx, o := by("the REPL", nil)
	go gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets)
	r.eventually("the worker is busy", func() bool { return gate.Status(time.UTC).Active == 1 })
	moved := make(chan error)
	go func() { moved <- turn(ctx, gate) }()
	r.eventually("the move waits", func() bool { return gate.Status(time.UTC).Queue == 1 })
	o.StopHeads()
	close(busy)
	if err := <-moved; err == nil {
		t.Error("the move was sent")
	}
	if n := r.gate().Counts().Moves; n != 0 {
		t.Errorf("%d moves were sent", n)
	}
	if err := turn(ctx, gate); err != nil { // the session goes on
		t.Error(err)
	}
	o.End()
	if err := turn(ctx, gate); err == nil {
		t.Error("an owner that has ended moves the head")
	}
}

// A ptz_stop that is refused where nothing has ever moved is an error of its
// caller, and no more.
func TestStopWhereNothingEverMoved(t *testing.T) {
	t.Parallel()
	r, gate := newGate(t)
	stops := r.refuseStops(http.StatusForbidden)
	ctx, _ := by("tour", nil)
	if err := gate.StopHead(ctx, 1); luaapi.Describe(err).Kind != "forbidden" {
		t.Error(err)
	}
	before := stops.refused.Load()
	r.eventually("the head counts as at rest", gate.AtRest)
	time.Sleep(2 * stopRetryMin)
	if stops.refused.Load() != before {
		t.Error("it is tried on")
	}
}

// A ptz_stop that has no answer yet: nobody knows whether the head rests, though
// no motion of ours moves it.
func TestUnansweredStopIsNoRest(t *testing.T) {
	t.Parallel()
	r, gate := newGate(t)
	stops := r.refuseStops(http.StatusServiceUnavailable)
	ctx, _ := by("tour", nil)
	done := make(chan error)
	go func() { done <- gate.StopHead(ctx, 1) }()
	r.eventually("it is tried", func() bool { return contains(r.log.String(), "stop not answered") })
	if gate.AtRest() {
		t.Error("the head counts as at rest")
	}
	stops.obey()
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.eventually("the head rests", gate.AtRest)
}

// A move that is under way when its device leaves the site is stopped when it
// has been answered, not after limits.motion.
func TestMoveUnderWayOfADeviceThatLeaves(t *testing.T) {
	r, gate := newGate(t)
	sent, hold := make(chan bool, 9), make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		resp, err := device.RoundTrip(req)
		if isMove(req) && err == nil && resp.StatusCode == 200 {
			sent <- true
			<-hold
		}
		return resp, err
	})
	ctx, _ := by("tour", nil)
	go turn(ctx, gate)
	<-sent
	r.swap("timezone: UTC\n")
	close(hold)
	r.eventually("the head stands still, and the device has gone", func() bool { return !r.gate().Driven(1) && r.devices() == 0 })
}

// A ptz_stop that is refused by a head which has moved before is tried on, also
// where no motion of ours moves it: a preset, or a joystick, may.
func TestRefusedStopOfAHeadThatWorks(t *testing.T) {
	t.Parallel()
	r, gate := newGate(t, "timeout: 60s")
	ctx, o := by("tour", nil)
	if err := preset(ctx, gate); err != nil {
		t.Fatal(err)
	}
	stops := r.refuseStops(http.StatusNotFound)
	r.within(20*time.Second, "a stop that is refused", func() { // not after its timeout
		if err := gate.StopHead(ctx, 1); luaapi.Describe(err).Kind != "not_found" {
			t.Error(err)
		}
	})
	o.End()
	before := stops.refused.Load()
	r.eventually("it is tried again", func() bool { return stops.refused.Load() > before })
	if gate.AtRest() {
		t.Error("the head counts as at rest")
	}
	stops.obey()
	r.eventually("the head rests", gate.AtRest)
}

// The stop of a task that ends goes before the commands that wait for the head.
func TestStopGoesBeforeWhatWaitsForTheHead(t *testing.T) {
	r, gate := newGate(t, "timeout: 30s, concurrency: 8")
	_, o := r.turning(gate)
	var order []string
	var mu sync.Mutex
	first, hold := make(chan bool), make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		resp, err := device.RoundTrip(req)
		if err == nil && resp.StatusCode == 200 && (strings.Contains(req.URL.Path, "/presets/") || isStop(req)) {
			mu.Lock()
			order = append(order, req.URL.Path)
			mu.Unlock()
		}
		return resp, err
	})
	otherCtx, _ := by("other", nil)
	var all sync.WaitGroup
	all.Go(func() { // refused: the head goes on turning
		gate.Do(otherCtx, luaapi.Command{What: "x", Channel: 1, Head: true}, func(context.Context, *isapi.Client) error {
			first <- true
			<-hold
			return fmt.Errorf("refused")
		})
	})
	<-first
	for range 4 {
		all.Go(func() { preset(otherCtx, gate) })
	}
	wire := gate.dev().head(1, luaapi.NoLens).wire
	r.eventually("the presets wait", func() bool { return wire.Waiting() == 4 })
	o.End()
	r.eventually("the stop waits", func() bool { return wire.Waiting() == 5 })
	close(hold)
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(order) != 5 || !strings.HasSuffix(order[0], "/continuous") {
		t.Errorf("sent in the order %q", order)
	}
}

// StopAll drops a move that waits, and Close breaks off a command under way.
func TestStopAllDropsQueuedMovesAndCloseBreaksOff(t *testing.T) {
	r, gate := newGate(t, "timeout: 60s")
	r.putBetween(func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	ctx, _ := by("tour", nil)
	go gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets)
	r.eventually("the worker is busy", func() bool { return gate.Status(time.UTC).Active == 1 })
	moved := make(chan error, 1)
	go func() { moved <- turn(ctx, gate) }()
	r.eventually("the move waits", func() bool { return gate.Status(time.UTC).Queue == 1 })
	r.set.StopAll()
	r.within(5*time.Second, "the move that waited", func() {
		if err := <-moved; err == nil {
			t.Error("the move was sent")
		}
	})
	if err := r.close(time.Second); err != nil {
		t.Error(err)
	}
}

// A ptz_stop that a device has not answered ends with the host: its caller may have a long
// timeout.
func TestStopThatIsWaitedForEndsWithTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t, "timeout: 10m")
		var away atomic.Bool
		away.Store(true)
		r.putBetween(unreachable(oneGate, &away))
		began := time.Now()
		done := make(chan error, 1)
		go func() { done <- gate.StopHead(context.Background(), 1) }()
		time.Sleep(time.Second)
		if err := r.close(2 * time.Second); err == nil {
			t.Error("the end of the host does not tell of the head")
		}
		if err := <-done; err == nil || time.Since(began) > 20*time.Second {
			t.Errorf("the stop ended with %v after %v", err, time.Since(began))
		}
	})
}
