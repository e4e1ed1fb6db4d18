package device

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

// A stop that is refused is tried on, whatever the refusal, and the head counts
// as moving until the device has obeyed.
func TestRefusedStopIsTriedOn(t *testing.T) {
	t.Parallel()
	for _, code := range []int{403, 404, 501, 500, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			r, gate := newGate(t)
			_, o := r.turning(gate)
			stops := r.refuseStops(code)
			o.End()
			r.eventually("it is tried again", func() bool { return stops.refused.Load() >= 3 })
			if st := gate.Status(time.UTC); r.set.AllAtRest() || gate.AtRest() || len(st.Heads) != 1 || !st.Heads[0].Moving || st.Heads[0].Refused == "" {
				t.Errorf("the head counts as at rest: %+v", st.Heads)
			}
			if !r.gate().Driven(1) {
				t.Fatal("the head does not turn any more")
			}
			stops.obey()
			r.eventually("the head rests", r.set.AllAtRest)
			if r.gate().Driven(1) {
				t.Error("the head turns")
			}
			if n := strings.Count(r.log.String(), "level=ERROR") + strings.Count(r.log.String(), "level=WARN"); n != 1 {
				t.Errorf("told %d times\n%s", n, r.log)
			}
			if err := r.close(time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

// Where the host ends before the device obeys, its error, the log and the crash
// book say that the head may be moving.
func TestHostEndsWhileAStopIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		r.turning(gate)
		r.refuseStops(http.StatusNotFound)
		err := r.close(300 * time.Millisecond)
		if err == nil || !contains(err.Error(), "gate channel 1: the head may still be moving") || !contains(err.Error(), "404") {
			t.Error(err)
		}
		if r.set.AllAtRest() {
			t.Error("the head counts as at rest after the end")
		}
		if !contains(r.log.String(), "refuses to stop the head: it may be moving") || !contains(r.log.String(), "the head may still be moving") {
			t.Error(r.log)
		}
	})
}

// Callers of a refused stop, and of the move that it was meant for, are told at
// once; the tries go on.
func TestCallersOfARefusedStopAreTold(t *testing.T) {
	t.Parallel()
	r, gate := newGate(t)
	r.refuseStops(http.StatusForbidden)
	ctx, o := by("tour", nil)
	began := time.Now()
	err := gate.Move(ctx, luaapi.Command{What: "ptz_move", Channel: 1}, velocity, luaapi.MoveOptions{Duration: 10 * time.Millisecond})
	if luaapi.Describe(err).Kind != "forbidden" {
		t.Error(err)
	}
	if err := gate.StopHead(ctx, 1); err == nil || luaapi.Describe(err).Kind != "forbidden" {
		t.Error(err)
	}
	o.EndAndWait(ctx, clock.Real())
	if took := time.Since(began); took > StopTimeout {
		t.Errorf("it took %v", took)
	}
	if r.set.AllAtRest() {
		t.Error("the head counts as at rest")
	}
	// Another command that the head obeys ends it: then it is that one's.
	if err := preset(ctx, gate); err != nil {
		t.Error(err)
	}
	r.eventually("the preset has the head", r.set.AllAtRest)
}

// A late stop for a move without an answer does not hit a move that began since,
// and until it is sent the head is not at rest.
func TestLateStopLeavesTheNextMove(t *testing.T) {
	t.Parallel()
	r, gate := newGate(t)
	var lose atomic.Bool
	lose.Store(true)
	var stops atomic.Int32
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if isStop(req) {
			stops.Add(1)
		}
		resp, err := device.RoundTrip(req)
		if isMove(req) && err == nil && resp.StatusCode == 200 && lose.CompareAndSwap(true, false) {
			return status(req, http.StatusBadGateway), nil
		}
		return resp, err
	})
	ctx, o := by("tour", nil)
	if turn(ctx, gate) == nil {
		t.Fatal("the move was answered")
	}
	r.eventually("the stop is sent", func() bool { return stops.Load() == 1 && !r.gate().Driven(1) })
	if gate.AtRest() {
		t.Error("at rest before the second stop")
	}
	if err := turn(ctx, gate); err != nil {
		t.Fatal(err)
	}
	r.eventually("the second stop was due", func() bool {
		d := gate.dev()
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.heads[headKey{1, luaapi.NoLens}].stopper.late == 0
	})
	time.Sleep(20 * time.Millisecond)
	if stops.Load() != 1 || !r.gate().Driven(1) {
		t.Errorf("%d stops: the next move was stopped", stops.Load())
	}
	o.End()
	r.eventually("the head rests", r.set.AllAtRest)
}

// A new reason to stop does not wait for the pause between two tries, nor does a
// new site.yaml.
func TestNewReasonEndsThePause(t *testing.T) {
	for name, reason := range map[string]func(r *rig, ctx context.Context, gate *Ref) error{
		"ptz_stop": func(_ *rig, ctx context.Context, gate *Ref) error { return gate.StopHead(ctx, 1) },
		"site.yaml": func(r *rig, _ context.Context, _ *Ref) error {
			r.swap(gateWith("timeout: 3s"))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, gate := newGate(t)
				ctx, o := r.turning(gate)
				stops := r.refuseStops(http.StatusServiceUnavailable)
				o.End()
				r.eventually("the pause is long", func() bool { return stops.refused.Load() >= 4 }) // now it is 2 s
				stops.obey()
				began := time.Now()
				if err := reason(r, ctx, gate); err != nil {
					t.Error(err)
				}
				r.eventually("the head rests", gate.AtRest)
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v", took)
				}
				r.close(time.Second)
			})
		})
	}
}

// Nothing stands before a stop: neither a full queue of slow commands, nor a log
// that nobody reads, a disk that hangs, another head, or a script that is being
// told of an event.
func TestStopWaitsForNothing(t *testing.T) {
	hang := make(chan bool)
	var saving sync.WaitGroup
	release := sync.OnceFunc(func() { close(hang) })
	var slow atomic.Bool
	blocked := func() {
		if slow.Load() {
			<-hang
		}
	}
	book, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{
		Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Disk: func() error { blocked(); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	yaml := gateWith("timeout: 30s")
	r := newRigWith(t, book, yaml, func(c *Config) {
		c.Log = slog.New(hanging{c.Log.Handler(), blocked})
	})
	t.Cleanup(func() {
		release()
		saving.Wait()
		r.close(10 * time.Second)
		book.Close()
	})
	gate := r.quiet()
	r.set.Hub().Add(&Listener{Spec: luaapi.EventSpec{Device: gate, Type: "offline"}, Tell: func(*luaapi.Event, any, any) { blocked() }})
	slow.Store(true)
	ctx, o := r.turning(gate)
	var first atomic.Bool
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		switch {
		case isStop(req) && !first.Swap(true):
			return nil, fmt.Errorf("no route to the device") // told in the log, and as an event
		case isStop(req):
			return device.RoundTrip(req)
		}
		select {
		case <-hang:
		case <-req.Context().Done():
		}
		return nil, context.Canceled
	})
	go gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets)
	r.eventually("a command is under way", func() bool { return gate.Status(time.UTC).Active == 1 })
	for range 30 {
		go gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets)
		go preset(ctx, gate)
		go gate.MoveLens(ctx, luaapi.Command{What: "focus", Channel: 1}, luaapi.Focus, 20, luaapi.MoveOptions{})
	}
	r.eventually("the queue is long", func() bool { return gate.Status(time.UTC).Queue > 20 })
	saving.Go(func() { r.swap(yaml + "  b: {ip: 192.0.2.2, username: admin, password: simulated}\n") })
	o.End()
	began := time.Now()
	r.eventually("the head stands still", func() bool { return !r.gate().Driven(1) })
	if took := time.Since(began); took > StopTimeout {
		t.Errorf("it took %v", took)
	}
}

// hanging is a log whose reader is slow.
type hanging struct {
	slog.Handler
	blocked func()
}

func (h hanging) Handle(ctx context.Context, r slog.Record) error {
	h.blocked()
	return h.Handler.Handle(ctx, r)
}

func (h hanging) WithAttrs(attrs []slog.Attr) slog.Handler {
	return hanging{h.Handler.WithAttrs(attrs), h.blocked}
}
