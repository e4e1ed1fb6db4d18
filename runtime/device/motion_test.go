package device

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// sentAt notes when moves and stops are sent from now on: "move 2s". answer, if it is
// set, may give the device's answer.
func (r *rig) sentAt(answer func(after time.Duration, req *http.Request) *http.Response) (sent func() []string) {
	began := time.Now()
	var mu sync.Mutex
	var list []string
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		after := time.Since(began)
		word := map[bool]string{isMove(req): "move", isStop(req): "stop"}[true]
		if word == "" {
			return device.RoundTrip(req)
		}
		mu.Lock()
		list = append(list, fmt.Sprint(word, " ", after))
		mu.Unlock()
		if answer != nil {
			if resp := answer(after, req); resp != nil {
				return resp, nil
			}
		}
		return device.RoundTrip(req)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}

// A motion is renewed every two seconds up to its end. One renewal without an answer
// is followed by a second stop, unless a later one was answered.
func TestRenewalsOfAMotion(t *testing.T) {
	lost := func(from, to time.Duration) func(time.Duration, *http.Request) *http.Response {
		return func(after time.Duration, req *http.Request) *http.Response {
			if isMove(req) && after >= from && after < to {
				return status(req, http.StatusBadGateway)
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		answer func(time.Duration, *http.Request) *http.Response
		o      luaapi.MoveOptions
		end    time.Duration // of the owner
		want   string
	}{
		"to the end of its owner": {nil, luaapi.MoveOptions{}, 5 * time.Second, "move 0s, move 2s, move 4s, stop 5s"},
		"to its own end":          {nil, luaapi.MoveOptions{Duration: 4500 * time.Millisecond, NoWait: true}, time.Minute, "move 0s, move 2s, move 4s, stop 4.5s"},
		"not at its end":          {nil, luaapi.MoveOptions{Duration: 4 * time.Second, NoWait: true}, time.Minute, "move 0s, move 2s, stop 4s"},
		"without an answer":       {lost(time.Second, time.Minute), luaapi.MoveOptions{}, 3 * time.Second, "move 0s, move 2s, stop 3s, stop 5s"},
		"answered again":          {lost(time.Second, 3*time.Second), luaapi.MoveOptions{}, 5 * time.Second, "move 0s, move 2s, move 4s, stop 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, gate := newGate(t)
				sent := r.sentAt(test.answer)
				ctx, o := by("tour", nil)
				if err := gate.Move(ctx, luaapi.Command{What: "ptz_pan_tilt", Channel: 1}, velocity, test.o); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.end)
				o.End()
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := strings.Join(sent(), ", "); got != test.want {
					t.Errorf("sent %s\nwant %s", got, test.want)
				}
				if !r.set.AllAtRest() || len(o.motions) > 0 {
					t.Error("the motion has not ended")
				}
				r.close(time.Second)
			})
		})
	}
}

// What a script sends by its own request is not known well enough to be sent again: only
// its stop is.
func TestRawMotionIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		others := r.sentAt(nil)
		ctx, o := by("tour", nil)
		var sent []isapi.Velocity
		send := func(_ context.Context, _ *isapi.Client, v isapi.Velocity) error {
			sent = append(sent, v)
			return nil
		}
		if err := gate.Move(ctx, luaapi.Command{What: "raw", Channel: 1}, velocity, luaapi.MoveOptions{Send: send}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		o.End()
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []isapi.Velocity{velocity, {}}; !slices.Equal(sent, want) || len(others()) > 0 {
			t.Errorf("sent %v and %v, want %v alone", sent, others(), want)
		}
		r.close(time.Second)
	})
}

// A device that refuses a stop for long is asked again after pauses that double, and
// never less often than every five seconds.
func TestPausesBetweenStopsHaveALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		_, o := r.turning(gate)
		sent := r.sentAt(func(after time.Duration, req *http.Request) *http.Response {
			if isStop(req) && after < 22*time.Second {
				return status(req, http.StatusServiceUnavailable)
			}
			return nil
		})
		o.End()
		time.Sleep(time.Minute)
		synctest.Wait()
		want := "stop 0s, stop 250ms, stop 750ms, stop 1.75s, stop 3.75s, stop 7.75s, stop 12.75s, stop 17.75s, stop 22.75s"
		if got := strings.Join(sent(), ", "); got != want {
			t.Errorf("sent %s\nwant %s", got, want)
		}
		if !r.set.AllAtRest() || r.gate().Driven(1) {
			t.Error("the head does not rest")
		}
		r.close(time.Second)
	})
}

// A move with a duration whose caller waits no longer is stopped then, though its owner goes
// on.
func TestMoveThatIsNotWaitedForIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		sent := r.sentAt(nil)
		ctx, o := by("tour", nil)
		ctx, cancel := clock.WithTimeout(clock.Real(), ctx, time.Second)
		defer cancel()
		err := gate.Move(ctx, luaapi.Command{What: "ptz_pan_tilt", Channel: 1}, velocity, luaapi.MoveOptions{Duration: time.Minute})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got, want := strings.Join(sent(), ", "), "move 0s, stop 1s"; got != want {
			t.Errorf("sent %s\nwant %s", got, want)
		}
		if len(o.motions) > 0 || !r.set.AllAtRest() {
			t.Error("the motion has not ended")
		}
		r.close(time.Second)
	})
}
