package device

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Commands, given up at any moment, against a device that is taken out of the
// site, put back, and given another address: each ends, and nothing hangs.
func TestCommandsAgainstReload(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
		return device.RoundTrip(req)
	})
	var over atomic.Bool
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := 0; !over.Load(); n++ {
				refs := r.set.Devices()
				if len(refs) == 0 {
					continue
				}
				ctx, o := by(fmt.Sprint("task ", i), nil)
				ctx, cancel := clock.WithCancel(ctx)
				go func() {
					time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
					cancel()
				}()
				switch n % 4 {
				case 0:
					preset(ctx, refs[0])
				case 1:
					turn(ctx, refs[0])
				case 2:
					refs[0].StopHead(ctx, 1)
				case 3:
					refs[0].Status(time.UTC)
				}
				o.End()
				cancel()
			}
		})
	}
	for n, end := 0, time.Now().Add(700*time.Millisecond); time.Now().Before(end); n++ {
		r.swap([]string{gateAt(oneGate), gateAt("192.0.2.2"), "timezone: UTC\n", gateAt(oneGate) + "  b: {ip: 192.0.2.2, username: admin, password: simulated, concurrency: 3}\n"}[n%4])
		time.Sleep(time.Duration(rand.IntN(2)) * time.Millisecond)
	}
	over.Store(true)
	r.within(20*time.Second, "a command", all.Wait)
	if err := r.close(10 * time.Second); err != nil {
		t.Error(err)
	}
	for address, d := range r.sims {
		if d.Driven(1) {
			t.Errorf("%s: the head turns\n%s", address, r.log)
		}
	}
}

// A command that is given up in the moment in which the queue is emptied.
func TestGivenUpWhileTheQueueIsEmptied(t *testing.T) {
	for range 200 {
		r := &rig{t: t}
		l := &line{conf: r.parse(gateAt(oneGate)).Devices[0], client: &isapi.Client{}, urgent: &isapi.Client{}}
		s, err := NewSet(Config{Site: r.parse("timezone: UTC\n"), Clock: clock.Real()})
		if err != nil {
			t.Fatal(err)
		}
		ref := &Ref{set: s, clk: s.clk, name: "gate"}
		s.connect(ref, l)
		ref.line.Store(l)
		var all sync.WaitGroup
		for range 4 {
			ctx, cancel := clock.WithCancel(context.Background())
			all.Go(func() {
				err := ref.Do(ctx, luaapi.Command{What: "x", Head: true, Channel: 1}, func(context.Context, *isapi.Client) error { return nil })
				if !errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
			go cancel()
		}
		l.dev.leave(l)
		ref.gone.Store(true)
		r.within(10*time.Second, "a command", all.Wait)
	}
}

// A ptz_stop drops what waits to move its head, and nothing else.
func TestStopDropsTheMovesThatWait(t *testing.T) {
	r, gate := newGate(t)
	busy := make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/presets") {
			<-busy
		}
		return device.RoundTrip(req)
	})
	ctx, _ := by("a", nil)
	ask := func() error {
		return gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, func(ctx context.Context, c *isapi.Client) error {
			_, err := c.Presets(ctx, 1)
			return err
		})
	}
	var all sync.WaitGroup
	results := make([]error, 5)
	for i, f := range []func() error{
		ask,
		func() error { return turn(ctx, gate) },
		func() error { return preset(ctx, gate) },
		func() error {
			return gate.MoveLens(ctx, luaapi.Command{What: "focus", Channel: 1}, luaapi.Focus, 20, luaapi.MoveOptions{Duration: time.Millisecond})
		},
		ask,
	} {
		all.Go(func() { results[i] = f() })
		r.eventually("it is queued", func() bool { st := gate.Status(time.UTC); return st.Queue+st.Active == i+1 })
	}
	if err := gate.StopHead(ctx, 1); err != nil {
		t.Error(err)
	}
	r.eventually("the moves are dropped", func() bool { return gate.Status(time.UTC).Queue == 2 })
	close(busy)
	all.Wait()
	for i, dropped := range []bool{false, true, true, false, false} {
		if (results[i] != nil) != dropped || dropped && luaapi.Describe(results[i]).Kind != "cancelled" {
			t.Errorf("%d: %v", i, results[i])
		}
	}
	for _, e := range r.gate().Journal() {
		if strings.HasPrefix(e.What, "continuous 40") || strings.HasPrefix(e.What, "goto") {
			t.Errorf("%s was sent", e.What)
		}
	}
	if err := turn(ctx, gate); err != nil { // what comes after the stop is sent
		t.Error(err)
	}
}

// With several commands at once, those that wait for the head's turn only are
// dropped too.
func TestStopDropsTheMovesThatWaitForTheHead(t *testing.T) {
	r, gate := newGate(t, "timeout: 30s, concurrency: 8")
	first, busy := make(chan bool, 9), make(chan bool)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "/presets/") {
			first <- true
			<-busy
		}
		return device.RoundTrip(req)
	})
	ctx, _ := by("a", nil)
	var all sync.WaitGroup
	all.Go(func() { preset(ctx, gate) })
	<-first
	var sent atomic.Int32
	for range 4 {
		all.Go(func() {
			if preset(ctx, gate) == nil {
				sent.Add(1)
			}
		})
	}
	r.eventually("all wait", func() bool { return gate.Status(time.UTC).Active == 5 })
	all.Go(func() { gate.StopHead(ctx, 1) })
	r.eventually("the stop waits", func() bool { return gate.dev().head(1, luaapi.NoLens).wire.Waiting() == 5 })
	close(busy)
	all.Wait()
	if sent.Load() != 0 {
		t.Errorf("%d presets were sent after the stop", sent.Load())
	}
}

// The number of workers follows the site without ado.
func TestConcurrencyOfANewSite(t *testing.T) {
	yaml := func(n int) string {
		return strings.Replace(gateAt(oneGate), "timeout: 30s", fmt.Sprintf("timeout: 30s, concurrency: %d", n), 1)
	}
	r := newRig(t, yaml(1))
	gate := r.quiet()
	dev := gate.dev()
	ctx, _ := by("a", nil)
	for _, n := range []int{4, 2, 1} {
		r.swap(yaml(n))
		var under, most atomic.Int32
		var all sync.WaitGroup
		on := make(chan bool)
		for range 12 {
			all.Go(func() {
				gate.Do(ctx, luaapi.Command{What: "x"}, func(context.Context, *isapi.Client) error {
					now := under.Add(1)
					for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
					}
					<-on
					under.Add(-1)
					return nil
				})
			})
		}
		r.eventually("as many as may are under way", func() bool { return int(under.Load()) >= n })
		time.Sleep(3 * time.Millisecond) // one too many would come now
		close(on)
		all.Wait()
		if int(most.Load()) != n || r.set.Devices()[0] != gate || gate.dev() != dev {
			t.Errorf("concurrency %d: %d at once", n, most.Load())
		}
	}
}

// A liveness poll goes after everything that waits.
func TestPollsGoLast(t *testing.T) {
	r, gate := newGate(t)
	busy := make(chan bool)
	var order []string
	var mu sync.Mutex
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		mu.Lock()
		order = append(order, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
		n := len(order)
		mu.Unlock()
		if n == 1 {
			<-busy
		}
		return device.RoundTrip(req)
	})
	ctx, _ := by("a", nil)
	var all sync.WaitGroup
	ask := func() { gate.Do(ctx, luaapi.Command{What: "presets", Channel: 1}, presets) }
	all.Go(ask)
	r.eventually("the worker is busy", func() bool { return gate.Status(time.UTC).Active == 1 })
	all.Go(gate.pollOnce)
	r.eventually("the poll waits", func() bool {
		d := gate.dev()
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.polls) == 1
	})
	all.Go(ask)
	r.eventually("a command waits", func() bool { return gate.Status(time.UTC).Queue == 1 })
	close(busy)
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if last := order[len(order)-1]; last != "deviceInfo" {
		t.Errorf("sent in the order %q", order)
	}
}

// What was not asked in a quiet hour is not made up for: max_rate holds after it, too.
func TestMaxRateAfterAQuietHour(t *testing.T) {
	_, gate := newGate(t, "max_rate: 20")
	d := gate.dev()
	d.mu.Lock()
	d.nextSlot = d.clk.Now().Add(-time.Hour)
	d.mu.Unlock()
	began := d.clk.Now()
	for range 2 {
		if err := d.pace(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := d.clk.Now().Sub(began); took < 50*time.Millisecond {
		t.Errorf("two commands within %v", took)
	}
}

// Of commands so many may wait, and each so long, that a device which is asked for more than
// it answers is told of; polls are for knowing whether it answers at all, and wait.
func TestFullQueueTakesPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t, "timeout: 2s")
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/presets") {
				time.Sleep(1100 * time.Millisecond)
			}
			return device.RoundTrip(req)
		})
		ask := func() error {
			return gate.Do(context.Background(), luaapi.Command{What: "presets", Channel: 1}, presets)
		}
		var all sync.WaitGroup
		var givenUp atomic.Int32
		under := gate.dev().concurrency()
		for range queueLength + under {
			all.Go(func() {
				if err := ask(); err != nil && contains(err.Error(), "presets waited 12s for its turn and was given up") {
					givenUp.Add(1)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		if err := ask(); luaapi.Describe(err).Kind != "busy" || time.Since(began) > 0 {
			t.Errorf("one more than may wait: %v after %v", err, time.Since(began))
		}
		var sent time.Duration
		err := gate.poll(context.Background(), luaapi.Command{What: "status"}, func(context.Context, *isapi.Client) error {
			sent = time.Since(began)
			return nil
		})
		if limit := turnTimeouts * 2 * time.Second; err != nil || sent < limit {
			t.Errorf("the poll was sent after %v, want it after the commands, which wait up to %v: %v", sent, limit, err)
		}
		all.Wait()
		if n := int(givenUp.Load()); n != queueLength-10*under { // ten turns in 12 s
			t.Errorf("%d commands were given up", n)
		}
		r.close(time.Second)
	})
}

// A PTZ command that is under way when its task ends is carried through: cut off
// half-way it would leave the head in doubt.
func TestPTZCommandOutlivesItsTask(t *testing.T) {
	r, gate := newGate(t)
	sent, hold := make(chan bool, 9), make(chan bool)
	var cut atomic.Bool
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "/presets/") {
			sent <- true
			select {
			case <-hold:
			case <-req.Context().Done():
				cut.Store(true)
			}
		}
		return device.RoundTrip(req)
	})
	ctx, cancel := clock.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- preset(ctx, gate) }()
	<-sent
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	time.Sleep(20 * time.Millisecond)
	close(hold)
	r.eventually("the preset was gone to", func() bool { return r.gate().Counts().Presets == 1 })
	if cut.Load() {
		t.Error("it was cut off")
	}
}

// What comes under a name that has left its device is told so at once, also
// where a slow command is before it.
func TestNothingIsQueuedWhereTheNameHasLeft(t *testing.T) {
	again := "  again: {ip: " + oneGate + ", username: admin, password: simulated}\n"
	for name, yaml := range map[string]string{
		"taken out":       "timezone: UTC\ndevices:\n" + again,
		"another address": gateAt("192.0.2.2") + again,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, gateAt(oneGate)+again)
			gate := r.quiet()
			old := gate.dev()
			hold := make(chan bool)
			ctx, _ := by("a", nil)
			wait := func(context.Context, *isapi.Client) error { <-hold; return nil }
			go r.set.Devices()[1].Do(ctx, luaapi.Command{What: "x"}, wait)
			r.eventually("the worker is busy", func() bool { return gate.Status(time.UTC).Active == 1 })
			r.swap(yaml)
			r.within(5*time.Second, "the command", func() {
				err := old.submit(&command{Command: luaapi.Command{What: "y"}, ref: gate, ctx: ctx, run: wait})
				if !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			})
			close(hold)
		})
	}
}
