package device

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// twoNames are two names of one camera.
func twoNames(gate, yard string) string {
	return "timezone: UTC\ndevices:\n" +
		"  gate: {ip: " + gate + ", username: admin, password: simulated, timeout: 2s}\n" +
		"  yard: {ip: " + yard + ", username: admin, password: simulated, timeout: 2s}\n"
}

var errUnreachable = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}

// unreachable has nothing answer at an address while away is true.
func unreachable(ip string, away *atomic.Bool) between {
	return func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if away.Load() && req.URL.Hostname() == ip {
			return nil, errUnreachable
		}
		return device.RoundTrip(req)
	}
}

// Where one of two names leads to another address, heads at the old one are not
// given up: the other name still means that camera.
func TestOtherNameKeepsTheHeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, twoNames(oneGate, oneGate))
		gate := r.quiet()
		yard := r.set.Devices()[1]
		ctx, o := r.turning(gate)
		if err := yard.MoveLens(ctx, luaapi.Command{What: "focus", Channel: 1}, luaapi.Focus, 10, luaapi.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		var away atomic.Bool
		away.Store(true)
		r.putBetween(unreachable(oneGate, &away))
		o.End()
		r.swap(twoNames("192.0.2.9", oneGate))
		time.Sleep(2 * abandonAfter)
		if r.set.AllAtRest() || yard.AtRest() {
			t.Error("heads of an address that site.yaml has, and that does not answer, count as at rest")
		}
		away.Store(false)
		time.Sleep(2 * stopRetryMax)
		if !r.set.AllAtRest() || r.gate().Driven(1) {
			t.Error("they are not stopped when it answers")
		}
		r.close(time.Second)
	})
}

// A camera that has moved to another address with all its names is stopped
// there, whichever name has moved it.
func TestAllNamesMoveToAnotherAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, twoNames(oneGate, oneGate))
		r.quiet()
		yard := r.set.Devices()[1]
		ctx, _ := by("tour", nil)
		if err := turn(ctx, yard); err != nil {
			t.Fatal(err)
		}
		var away atomic.Bool
		away.Store(true)
		r.putBetween(unreachable(oneGate, &away))
		r.sim("http://192.0.2.9:80") // it is there before
		var stopped atomic.Int32
		there := unreachable(oneGate, &away)
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if isStop(req) && req.URL.Hostname() == "192.0.2.9" {
				stopped.Add(1)
			}
			return there(req, device)
		})
		r.swap(twoNames("192.0.2.9", "192.0.2.9"))
		time.Sleep(2 * StopTimeout)
		if stopped.Load() == 0 {
			t.Error("no stop was sent to where the camera is now")
		}
		r.close(time.Second)
	})
}

// A ptz_stop whose caller has gone is tried on, once for all of them: a device
// that is away for long gathers none.
func TestStopsThatNoCallerAwaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		var away atomic.Bool
		away.Store(true)
		r.putBetween(unreachable(oneGate, &away))
		for range 100 {
			ctx, _ := by("guard", nil)
			if err := gate.StopHead(ctx, 1); err == nil {
				t.Fatal("a stop that was not answered is no error")
			}
		}
		d := gate.dev()
		h := d.head(1, luaapi.NoLens)
		d.mu.Lock()
		n := len(h.stopper.requests)
		d.mu.Unlock()
		if n > 1 {
			t.Errorf("%d stops are kept", n)
		}
		if r.set.AllAtRest() {
			t.Error("the head counts as at rest")
		}
		ctx, _ := by("guard", nil)
		time.AfterFunc(time.Second, func() { away.Store(false) })
		if err := gate.StopHead(ctx, 1); err != nil {
			t.Error(err)
		}
		time.Sleep(stopRetryMax)
		if n := r.gate().Counts().Stops; n == 0 || !r.set.AllAtRest() {
			t.Errorf("%d stops have arrived; at rest %v", n, r.set.AllAtRest())
		}
		r.close(time.Second)
	})
}

// What asks for a stop while a try of it is on the wire is not made to wait for
// the pause after that try.
func TestNewReasonWhileAStopIsOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		_, o := r.turning(gate)
		var refuse atomic.Bool
		refuse.Store(true)
		tries := make(chan bool, 100)
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if isStop(req) && refuse.Load() {
				tries <- true
				time.Sleep(time.Second)
				return status(req, 503), nil
			}
			return device.RoundTrip(req)
		})
		o.End()
		for range 6 { // the pause is the longest by now
			<-tries
		}
		time.Sleep(500 * time.Millisecond)
		refuse.Store(false)
		began := time.Now()
		if err := gate.StopHead(context.Background(), 1); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
		r.close(time.Second)
	})
}

// A motion that ends while its owner hands it on stays with nobody.
func TestHandingOnAMotionThatEnds(t *testing.T) {
	_, gate := newGate(t)
	for range 5000 {
		heir := &Owner{Name: "heir"}
		o := &Owner{Name: "child"}
		m := &motion{head: gate.dev().head(1, luaapi.NoLens), ref: gate, owner: o, v: isapi.Velocity{Pan: 1}}
		addTo(o, &o.motions, m)
		d := gate.dev()
		var g = clock.NewGroup(clock.Real())
		g.Go(func() { o.GiveTo(heir) })
		g.Go(func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			m.end(nil)
		})
		g.Wait()
		if len(heir.motions)+len(o.motions) > 0 {
			t.Fatal("a motion that has ended is kept")
		}
	}
}

// Where the host ends in a hurry, a stop breaks off the PTZ command that is
// under way: there is no time to wait for it.
func TestHurryBreaksOffWhatIsOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t, "timeout: 1m")
		_, o := r.turning(gate)
		hangs := make(chan bool, 1)
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if strings.Contains(req.URL.Path, "/presets/") {
				hangs <- true
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return device.RoundTrip(req)
		})
		other, _ := by("other", nil)
		go preset(other, gate)
		<-hangs
		o.End()
		time.Sleep(100 * time.Millisecond)
		if !r.gate().Driven(1) {
			t.Fatal("the stop has not waited for the command under way")
		}
		r.set.Hurry()
		time.Sleep(300 * time.Millisecond)
		if r.gate().Driven(1) {
			t.Error("the head turns after Hurry")
		}
		r.close(time.Second)
	})
}

// Where the device refuses the login while its head turns, the new try that an
// operator asks for is the stop's, too.
func TestNewTryOfALoginStopsTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		_, o := r.turning(gate)
		r.gate().SetPassword("admin", "another")
		o.End()
		time.Sleep(time.Minute)
		if n := r.gate().Counts().RejectedLogins; gate.State() != StateUnauthorized || n > 2 || r.set.AllAtRest() {
			t.Fatalf("%s after %d rejected logins, at rest %v", gate.State(), n, r.set.AllAtRest())
		}
		r.gate().SetPassword("admin", "simulated")
		time.Sleep(stopRetryMax / 5)
		gate.Retry()
		time.Sleep(500 * time.Millisecond)
		if r.gate().Driven(1) || !r.set.AllAtRest() {
			t.Error("the head turns after the new try")
		}
		r.close(time.Second)
	})
}
