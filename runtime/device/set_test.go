package device

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

func (r *rig) open(holder any, spec map[string]any) *Ref {
	r.t.Helper()
	conf, err := site.ParseDevice(spec, r.t.TempDir())
	if err != nil {
		r.t.Fatal(err)
	}
	ref, err := r.set.Open(holder, conf)
	if err != nil {
		r.t.Fatal(err)
	}
	return ref
}

func (r *rig) devices() int {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	return len(r.set.devices)
}

// However a device is named and spelled, with whatever account and settings: its
// queue, its heads and a lease of them are one.
func TestADeviceIsAnAddress(t *testing.T) {
	r := newRig(t, "timezone: UTC\ndevices:\n"+
		"  gate: {ip: cam.example, username: admin, password: simulated}\n"+
		"  again: {ip: CAM.example, username: viewer, password: other, concurrency: 3}\n"+
		"  other: {ip: cam.example, port: 81, username: admin, password: simulated}\n")
	gate, again, other := r.set.Devices()[0], r.set.Devices()[1], r.set.Devices()[2]
	opened := r.open("a script", map[string]any{"ip": "cam.example.", "username": "admin", "password": "simulated", "timeout": "3s"})
	if gate.dev() != again.dev() || gate.dev() != opened.dev() || gate.dev() == other.dev() {
		t.Errorf("%p %p %p, and another port %p", gate.dev(), again.dev(), opened.dev(), other.dev())
	}
	// Each name has its own login, and what is known of it.
	gate.Settled(t.Context())
	again.Settled(t.Context())
	opened.Settled(t.Context())
	if gate.State() != StateOnline || again.State() != StateUnauthorized || opened.State() != StateOnline {
		t.Error(gate.State(), again.State(), opened.State())
	}
	ctx, _ := by("tour", nil)
	release, err := gate.Exclusive(ctx, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	strangerCtx, _ := by("stranger", nil)
	if _, err := opened.Exclusive(strangerCtx, 1, time.Millisecond); luaapi.Describe(err).Kind != "busy" {
		t.Error(err)
	}
	release()
	// site.yaml's first block says how many commands go out at once.
	if n := gate.dev().concurrency(); n != 1 {
		t.Errorf("concurrency %d", n)
	}
	if got := fmt.Sprint(len(r.set.All())); got != "4" {
		t.Error(got)
	}
}

// What a generation of a script has opened goes with it, unless another has it
// too: no queue, no goroutine and no login is kept.
func TestOpenedDevicesAreReleased(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	r.quiet()
	spec := map[string]any{"ip": "192.0.2.9", "username": "admin", "password": "simulated"}
	first := r.open("first", spec)
	if second := r.open("second", spec); second != first {
		t.Error("the same words gave another name")
	}
	r.set.Release("first")
	if r.devices() != 2 || first.gone.Load() {
		t.Error("the second generation has lost its device")
	}
	ctx, o := by("task", nil)
	if err := turn(ctx, first); err != nil {
		t.Error(err)
	}
	r.set.Release("second")
	r.eventually("the device has gone", func() bool { return r.devices() == 1 && len(r.set.All()) == 1 })
	if r.sim("http://192.0.2.9:80").Driven(1) {
		t.Error("its head turns")
	}
	if err := preset(ctx, first); !errors.Is(err, ErrClosed) {
		t.Errorf("after the release: %v", err)
	}
	if err := first.StopHead(ctx, 1); !errors.Is(err, ErrClosed) || contains(r.log.String(), "may still be moving") {
		t.Errorf("after the release: %v\n%s", err, r.log)
	}
	o.End()
	// Opened, released and opened again by many at once.
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				spec := map[string]any{"ip": fmt.Sprintf("192.0.2.%d", 10+n%3), "username": "admin", "password": "simulated"}
				ref := r.open(i, spec)
				ctx, o := by("task", nil)
				turn(ctx, ref)
				r.set.Release(i)
				o.End()
			}
		})
	}
	r.within(20*time.Second, "a script", all.Wait)
	r.eventually("all have gone", func() bool { return r.devices() == 1 && len(r.set.All()) == 1 })
	r.eventually("their logins are forgotten", func() bool {
		r.set.logins.Lock()
		defer r.set.logins.Unlock()
		return len(r.set.clients) == 1
	})
}

// A login that was refused is remembered when its device has gone: the next
// generation must not try it again.
func TestRefusedLoginOutlivesItsDevice(t *testing.T) {
	r := newRig(t, "timezone: UTC\n")
	for i := range 3 {
		ref := r.open(i, map[string]any{"ip": oneGate, "username": "admin", "password": "wrong"})
		if state := ref.Settled(t.Context()); state != StateUnauthorized {
			t.Error(state)
		}
		r.set.Release(i)
		r.eventually("it has gone", func() bool { return r.devices() == 0 })
	}
	if n := r.gate().Counts().RejectedLogins; n != 1 {
		t.Errorf("%d rejected logins", n)
	}
}

// A login that the device does not offer is no verdict on the password: with
// another auth_mode the account is asked anew.
func TestAuthModeIsPartOfTheAccount(t *testing.T) {
	r := newRig(t, "timezone: UTC\n")
	r.mu.Lock()
	r.sims["http://"+oneGate+":80"] = sim.New(sim.Options{
		Model: sim.PTZ, Clock: clock.Real(), Username: "admin", Password: "simulated", Auth: sim.AuthBasic,
	})
	r.mu.Unlock()
	r.swap(gateAt(oneGate))
	gate := r.set.Devices()[0]
	if state := gate.Settled(t.Context()); state != StateUnauthorized {
		t.Fatal(state)
	}
	r.swap(gateWith("auth_mode: basic"))
	if state := gate.Settled(t.Context()); state != StateOnline {
		t.Errorf("%s\n%s", state, r.log)
	}
}

// A device that goes while its head cannot be stopped stays until it can, also
// for a script that opens it meanwhile.
func TestDeviceStaysUntilItsHeadsRest(t *testing.T) {
	t.Parallel()
	r, gate := newGate(t)
	r.turning(gate)
	stops := r.refuseStops(http.StatusNotFound)
	dev := gate.dev()
	r.swap("timezone: UTC\n")
	r.eventually("the stop is refused", func() bool { return contains(r.log.String(), "refuses to stop") })
	if st := gate.Status(time.UTC); !st.Leaving || len(st.Heads) != 1 || r.devices() != 1 || r.set.AllAtRest() {
		t.Errorf("%+v, %d devices", st, r.devices())
	}
	opened := r.open("a script", map[string]any{"ip": oneGate, "username": "admin", "password": "simulated"})
	if opened.dev() != dev {
		t.Error("a second device at the same address")
	}
	stops.obey()
	r.eventually("the head rests", r.set.AllAtRest)
	r.set.Release("a script")
	r.eventually("it has gone", func() bool { return r.devices() == 0 })
	if r.gate().Driven(1) {
		t.Error("the head turns")
	}
}

// A device that was taken out of the site ends with the last thing that is under way
// there: neither a poll nor anything else has to come before that is noticed.
func TestDeviceEndsWithWhatIsUnderWay(t *testing.T) {
	hangs := func(path string) between {
		return func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, path) || isStop(req) {
				time.Sleep(time.Second)
			}
			return device.RoundTrip(req)
		}
	}
	for name, begin := range map[string]func(r *rig, gate *Ref){
		"a command": func(r *rig, gate *Ref) {
			go gate.Do(context.Background(), luaapi.Command{What: "presets", Channel: 1}, presets)
		},
		"a stop": func(r *rig, gate *Ref) {
			_, o := r.turning(gate)
			o.End()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, gateAt(oneGate), func(c *Config) {
					c.Record = func(journal.Entry) { time.Sleep(time.Millisecond) } // between an answer and what follows from it
				})
				gate := r.quiet()
				r.putBetween(hangs("/presets"))
				begin(r, gate)
				synctest.Wait()
				r.swap("timezone: UTC\n")
				time.Sleep(900 * time.Millisecond)
				if r.devices() != 1 {
					t.Error("it has ended before")
				}
				time.Sleep(200 * time.Millisecond)
				if r.devices() != 0 || len(r.set.All()) > 0 {
					t.Error("it has not ended")
				}
				r.close(time.Second)
			})
		})
	}
}

// A head that moves again in the moment in which its device goes keeps it.
func TestHeadThatMovesAsItsDeviceGoes(t *testing.T) {
	r, gate := newGate(t)
	stops := r.refuseStops(http.StatusServiceUnavailable)
	r.set.mu.Lock()
	r.set.refs = nil
	r.set.giveUp(gate)
	time.Sleep(20 * time.Millisecond) // every head rests, and its end waits for mu
	gate.dev().head(1, luaapi.NoLens).stopInsistently()
	r.set.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	if r.devices() != 1 {
		t.Fatal("the device has gone while its head moves")
	}
	stops.obey()
	r.eventually("it has gone", func() bool { return r.devices() == 0 })
	if n := r.gate().Counts().Stops; n != 1 {
		t.Errorf("%d stops", n)
	}
}

// Another address: what waits is asked there once the heads at the old one are
// at rest.
func TestNewAddressWaitsForTheOldHeads(t *testing.T) {
	r, gate := newGate(t)
	ctx, _ := r.turning(gate)
	var refuse atomic.Bool
	refuse.Store(true)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if refuse.Load() && isStop(req) && req.URL.Hostname() == oneGate {
			return status(req, http.StatusServiceUnavailable), nil
		}
		return device.RoundTrip(req)
	})
	r.swap(gateAt("192.0.2.2"))
	asked := make(chan error)
	go func() { asked <- preset(ctx, gate) }()
	select {
	case err := <-asked:
		t.Fatalf("it was asked while the head turned: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if n := r.sim("http://192.0.2.2:80").Counts().Stops; n != 0 {
		t.Errorf("%d stops at the new address, for a head at the old one", n)
	}
	refuse.Store(false)
	if err := <-asked; err != nil {
		t.Error(err)
	}
	if r.gate().Driven(1) {
		t.Error("the head turns")
	}
	if n := r.sim("http://192.0.2.2:80").Counts().Presets; n != 1 {
		t.Errorf("%d presets at the new address", n)
	}
}
