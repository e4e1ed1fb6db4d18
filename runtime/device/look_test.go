package device

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// look asks for a picture as the page does.
func look(ctx context.Context, ref *Ref) error {
	return ref.Look(ctx, luaapi.Command{What: "a picture", Channel: 1}, func(ctx context.Context, c *isapi.Client) error {
		_, err := c.Picture(ctx, 1, isapi.PictureOptions{Stream: isapi.Sub})
		return err
	})
}

// looks are how many wait.
func (r *Ref) looks() int {
	d := r.dev()
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.looks)
}

// held holds the first request up until it is let go, and notes what is asked:
// "presets", "picture", "deviceInfo".
type held struct {
	mu    sync.Mutex
	order []string
	first chan bool
}

func (r *rig) hold() *held {
	h := &held{first: make(chan bool)}
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		h.mu.Lock()
		h.order = append(h.order, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
		first := len(h.order) == 1
		h.mu.Unlock()
		if first {
			<-h.first
		}
		return device.RoundTrip(req)
	})
	return h
}

func (h *held) asked() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.order, " ")
}

// A look goes after everything that waits in the queue, also what came later, and
// before a poll. The journal has nothing of it.
func TestLooksGoAfterTheQueue(t *testing.T) {
	var recorded []string
	var mu sync.Mutex
	r := newRig(t, gateAt(oneGate), func(c *Config) {
		c.Record = func(e journal.Entry) {
			mu.Lock()
			defer mu.Unlock()
			recorded = append(recorded, e.What)
		}
	})
	gate := r.quiet()
	h := r.hold()
	ctx, _ := by("a", nil)
	var all sync.WaitGroup
	ask := func() {
		if err := gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets); err != nil {
			t.Error(err)
		}
	}
	all.Go(ask)
	r.eventually("the worker is busy", func() bool { return gate.Status(time.UTC).Active == 1 })
	all.Go(gate.pollOnce)
	r.eventually("the poll waits", func() bool {
		d := gate.dev()
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.polls) == 1
	})
	all.Go(func() {
		if err := look(ctx, gate); err != nil {
			t.Error(err)
		}
	})
	r.eventually("the look waits", func() bool { return gate.looks() == 1 })
	all.Go(ask)
	r.eventually("a command waits", func() bool { return gate.Status(time.UTC).Queue == 1 })
	close(h.first)
	all.Wait()
	if got := h.asked(); !strings.HasSuffix(got, "presets picture deviceInfo") {
		t.Errorf("asked for %s", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(recorded, " "); contains(got, "picture") || !contains(got, "presets presets") {
		t.Errorf("on record: %s", got)
	}
}

// Of looks one is under way at a time, however many commands the device may be
// asked at once: a command never waits for one there. So many wait, and no more.
func TestOneLookAtATime(t *testing.T) {
	r, gate := newGate(t, "concurrency: 2")
	var at, most atomic.Int32
	hold := make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/presets") {
			most.Store(max(most.Load(), at.Add(1)))
			defer at.Add(-1)
			<-hold
		}
		return device.RoundTrip(req)
	})
	var all sync.WaitGroup
	for n := range mostLooks + 1 {
		all.Go(func() {
			if err := gate.Look(t.Context(), luaapi.Command{What: "the list of presets", Channel: 1}, presets); err != nil {
				t.Error(err)
			}
		})
		r.eventually("all but one wait", func() bool { return gate.looks() == n && at.Load() == 1 })
	}
	if err := look(t.Context(), gate); luaapi.Describe(err).Kind != "busy" {
		t.Errorf("one more than may wait: %v", err)
	}
	r.within(10*time.Second, "a command beside a look", func() {
		if err := preset(t.Context(), gate); err != nil {
			t.Error(err)
		}
	})
	close(hold)
	r.within(20*time.Second, "the looks", all.Wait)
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}

// A head move waits for the picture that is under way and for no other, and a stop
// not even for that, although people look all the time.
func TestHeadsDoNotWaitForLooks(t *testing.T) {
	r, gate := newGate(t)
	var pictures atomic.Int32
	step := make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/picture") && req.Header.Get("Authorization") != "" {
			pictures.Add(1)
			<-step
		}
		return device.RoundTrip(req)
	})
	ctx, owner := r.turning(gate)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { look(ctx, gate) })
	}
	r.eventually("they wait behind a picture", func() bool { return gate.looks() == 4 && pictures.Load() == 1 })
	r.within(5*time.Second, "a stop", func() {
		if err := gate.StopHead(ctx, 1); err != nil {
			t.Error(err)
		}
	})
	moved := make(chan error, 1)
	go func() { moved <- turn(ctx, gate) }()
	r.eventually("the move waits", func() bool { return gate.Status(time.UTC).Queue == 1 })
	step <- true
	r.within(5*time.Second, "a move", func() {
		if err := <-moved; err != nil {
			t.Error(err)
		}
	})
	if n := pictures.Load(); n > 2 { // the next may have begun after the move
		t.Errorf("the move waited for %d pictures", n-1)
	}
	close(step)
	all.Wait()
	owner.End()
	r.eventually("the head rests", gate.AtRest)
}

// While a device is not online a look is refused at once, and nothing is sent: no
// login is spent on it. Nor is one that waits when the device goes.
func TestLooksWhileNotOnline(t *testing.T) {
	for fault, state := range map[string]string{"offline": StateOffline, "wrong-password": StateUnauthorized, "locked": StateLocked} {
		t.Run(state, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, gate := newGate(t)
				r.gate().SetFaults(sim.Fault{Name: fault})
				ctx, _ := by("a", nil)
				h := r.hold()
				var waiting error
				var all sync.WaitGroup
				all.Go(func() { gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets) })
				synctest.Wait()
				all.Go(func() { waiting = look(ctx, gate) })
				synctest.Wait()
				if gate.looks() != 1 {
					t.Fatal("the look does not wait")
				}
				close(h.first)
				all.Wait()
				if gate.State() != state {
					t.Fatalf("the device is %s", gate.State())
				}
				busy := make(chan bool)
				all.Go(func() {
					gate.Do(ctx, luaapi.Command{What: "x"}, func(context.Context, *isapi.Client) error { <-busy; return nil })
				})
				synctest.Wait()
				before := r.gate().Counts()
				began := time.Now()
				for _, err := range []error{waiting, look(ctx, gate)} {
					if f := luaapi.Describe(err); f.Kind != state || !contains(f.Message, "a picture was not asked for: the device is "+state) || f.Device != "gate" {
						t.Errorf("%+v", f)
					}
				}
				if time.Since(began) != 0 || contains(h.asked(), "picture") || r.gate().Counts().RejectedLogins != before.RejectedLogins {
					t.Errorf("after %v; asked for %s", time.Since(began), h.asked())
				}
				close(busy)
				all.Wait()
				r.gate().SetFaults()
				r.close(time.Second)
			})
		})
	}
}

// Before the first answer of a device its login is not known to be right.
func TestLooksBeforeTheFirstAnswer(t *testing.T) {
	r, gate := newGate(t)
	hold := make(chan bool)
	var pictures atomic.Int32
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/picture") {
			pictures.Add(1)
		}
		<-hold
		return device.RoundTrip(req)
	})
	gate.Retry() // as at the start nothing is known of it
	if err := look(t.Context(), gate); !contains(luaapi.Describe(err).Message, "not known yet") || pictures.Load() > 0 {
		t.Error(err)
	}
	close(hold)
}

// max_rate holds for looks, and a look does not take the turn that a command could
// have.
func TestLooksAndMaxRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t, "max_rate: 0.5")
		time.Sleep(65 * time.Second)
		var at []time.Duration
		began := time.Now()
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if req.Header.Get("Authorization") != "" {
				at = append(at, time.Since(began))
			}
			return device.RoundTrip(req)
		})
		do := func() { gate.Do(context.Background(), luaapi.Command{What: "info"}, deviceInfo) }
		do() // takes the turn of now
		var all sync.WaitGroup
		all.Go(func() {
			gate.Look(context.Background(), luaapi.Command{What: "info"}, deviceInfo)
		})
		synctest.Wait()
		time.Sleep(time.Second)
		all.Go(do) // at 1 s: the turn at 2 s is its own
		all.Wait()
		if len(at) != 3 || at[1] != 2*time.Second || at[2] != 4*time.Second {
			t.Errorf("sent at %v", at)
		}
		r.close(time.Second)
	})
}

func deviceInfo(ctx context.Context, c *isapi.Client) error {
	_, err := c.DeviceInfo(ctx)
	return err
}

// A path that hangs for those who look does not make the device count as offline:
// that commands and polls are answered says more.
func TestLooksThatHangSayNothingOfTheDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/picture") {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return device.RoundTrip(req)
		})
		for range silentCommands + 1 {
			if err := look(context.Background(), gate); luaapi.Describe(err).Kind != "timeout" {
				t.Fatal(err)
			}
		}
		if gate.State() != StateOnline {
			t.Error(gate.State())
		}
		r.close(time.Second)
	})
}

// One who looks on goes away while the picture is waited for, or is on its way.
func TestLookGivenUp(t *testing.T) {
	r, gate := newGate(t)
	sent := make(chan bool, 9)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/picture") {
			sent <- true
			<-req.Context().Done()
			return nil, req.Context().Err()
		}
		return device.RoundTrip(req)
	})
	ctx, cancel := clock.WithCancel(context.Background())
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if err := look(ctx, gate); err == nil {
				t.Error("it came")
			}
		})
	}
	<-sent
	r.eventually("the other waits", func() bool { return gate.looks() == 1 })
	cancel()
	r.within(5*time.Second, "a look that was given up", all.Wait)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		return device.RoundTrip(req)
	})
	r.within(5*time.Second, "the next look", func() {
		if err := look(context.Background(), gate); err != nil {
			t.Error(err)
		}
	})
}
