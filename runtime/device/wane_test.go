package device

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/store"
)

// gatedRig is a rig whose clients have a gate, a crash book and a journal.
type gatedRig struct {
	*rig
	gate  *isapi.Gate
	asked atomic.Int32 // how often the gate was, since it was shut
	shut  atomic.Bool
	book  *store.Store

	mu      sync.Mutex
	entries []journal.Entry
}

func newGatedRig(t *testing.T, yaml string) (*gatedRig, *Ref) {
	t.Helper()
	g := new(gatedRig)
	g.gate = isapi.NewGate(func() bool {
		if g.shut.Load() {
			g.asked.Add(1)
			return false
		}
		return true
	})
	g.book = store.Memory(store.Options{Clock: clock.Real()}) // a disk that is slow would be told of
	t.Cleanup(func() { g.book.Close() })
	g.rig = newRigWith(t, g.book, yaml, func(c *Config) {
		c.Gate = g.gate
		c.Record = func(e journal.Entry) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.entries = append(g.entries, e)
		}
	})
	return g, g.quiet()
}

// forget forgets what was recorded so far.
func (g *gatedRig) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.entries = nil
}

// wantNothing wants that nothing was drawn from what the gate kept back.
func (g *gatedRig) wantNothing(ref *Ref) {
	g.t.Helper()
	if ref.State() != StateOnline {
		g.t.Errorf("the device is %s", ref.State())
	}
	if text := g.log.String(); contains(text, "WARN") || contains(text, "ERROR") {
		g.t.Errorf("the log tells of it:\n%s", text)
	}
	if heads := ref.Status(time.UTC).Heads; len(heads) > 0 || !g.set.AllAtRest() {
		g.t.Errorf("a head counts as moving: %+v", heads)
	}
	if len(g.book.AllMoving()) == 0 {
		g.t.Errorf("the crash book has %v: the mark of the head that moves has to stay", g.book.AllMoving())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.entries {
		if isapi.Unsent(e.Err) {
			g.t.Errorf("on record, and was not sent: %+v", e)
		}
	}
}

func wantElsewhere(t *testing.T, what string, err error) {
	t.Helper()
	if r := luaapi.Describe(err); r.Kind != "elsewhere" || r.Hint == "" || r.Retryable || !errors.Is(err, isapi.ErrElsewhere) {
		t.Errorf("%s: %+v", what, r)
	}
}

// What a shut gate keeps back says nothing of the device: its state, its heads and
// the crash book stay as they are, and a stop is tried once, over one line.
func TestElsewhereTellsNothing(t *testing.T) {
	r, gate := newGatedRig(t, gateAt(oneGate)+"  same: {ip: "+oneGate+", username: admin, password: simulated, timeout: 2s}\n")
	same := r.set.Devices()[1]
	r.eventually("the other name is known, too", func() bool { st := same.Status(time.UTC); return st.Model != "" && st.Queue+st.Active == 0 })
	_, o := r.turning(same)
	r.forget()
	r.shut.Store(true)
	o.End()
	r.eventually("the stop has met the gate", func() bool { return r.asked.Load() > 0 })
	r.eventually("the motion has ended", r.set.AllAtRest)
	if n := r.asked.Load(); n != 1 {
		t.Errorf("the stop was tried %d times", n)
	}
	ctx, _ := by("tour", nil)
	wantElsewhere(t, "stop", gate.StopHead(ctx, 1))
	wantElsewhere(t, "move", turn(ctx, gate))
	wantElsewhere(t, "preset", preset(ctx, gate))
	wantElsewhere(t, "question", gate.Do(ctx, luaapi.Command{What: "presets"}, presets))
	wantElsewhere(t, "past the queue", presets(ctx, gate.Client()))
	if n := r.asked.Load(); n != 6 {
		t.Errorf("the gate was asked %d times for 6 requests", n)
	}
	r.wantNothing(gate)
}

// Nor does a move whose answer the gate has cut off leave the head in doubt here.
func TestElsewhereLeavesNoDoubt(t *testing.T) {
	r, gate := newGatedRig(t, gateAt(oneGate))
	sent, free := make(chan struct{}), make(chan struct{})
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		resp, err := device.RoundTrip(req)
		if isMove(req) {
			close(sent)
			<-free
		}
		return resp, err
	})
	moved := make(chan error, 1)
	go func() { ctx, _ := by("tour", nil); moved <- turn(ctx, gate) }()
	<-sent
	r.shut.Store(true)
	r.gate.Close()
	close(free)
	r.within(60*time.Second, "the move", func() { wantElsewhere(t, "move", <-moved) })
	r.eventually("nothing runs", r.set.AllAtRest)
	r.wantNothing(gate)
	if n := r.asked.Load(); n != 0 {
		t.Errorf("%d stops were tried", n)
	}
}

// The same for the event stream: no loss of it is told.
func TestElsewhereEndsNoStream(t *testing.T) {
	r, gate := newGatedRig(t, gateAt(oneGate))
	r.set.Hub().Add(&Listener{Spec: luaapi.EventSpec{Device: gate, Type: "motion"}, Tell: func(*luaapi.Event, any, any) {}})
	r.eventually("events flow", func() bool { return gate.Events() == EventsFlowing })
	r.shut.Store(true)
	r.gate.Close()
	time.Sleep(50 * time.Millisecond) // a stream that is given up is told of after that
	if got := gate.Events(); got != EventsFlowing {
		t.Errorf("the stream is %s", got)
	}
}

// Wane stops heads and lets nothing but stops out, until Resume.
func TestWane(t *testing.T) {
	r, gate := newGate(t)
	ctx, _ := by("tour", nil)
	moved := make(chan error, 1)
	go func() {
		moved <- gate.Move(ctx, luaapi.Command{What: "ptz_pan_tilt", Channel: 1}, velocity, luaapi.MoveOptions{Duration: time.Hour})
	}()
	r.eventually("the head turns", func() bool { return r.gate().Driven(1) })
	r.set.Resume() // before Wane it does nothing
	r.set.Wane()
	r.set.Wane()
	r.eventually("the head rests", r.set.AllAtRest)
	err := <-moved
	if f := luaapi.Describe(err); r.gate().Driven(1) || f.Kind != "cancelled" || !contains(f.Message, "give the device up") || f.Hint == "" {
		t.Errorf("the move ended by %+v", f)
	}
	var sent atomic.Int32
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if !isStop(req) {
			sent.Add(1)
		}
		return device.RoundTrip(req)
	})
	ends := make(chan error, 4)
	for _, f := range []func() error{
		func() error { return preset(ctx, gate) },
		func() error { return turn(ctx, gate) },
		func() error { return gate.Do(ctx, luaapi.Command{What: "presets"}, presets) },
		func() error { return gate.Look(ctx, luaapi.Command{What: "presets"}, presets) },
	} {
		go func() { ends <- f() }()
	}
	r.eventually("they wait", func() bool { return gate.Status(time.UTC).Queue == 3 })
	dead, cancel := context.WithCancel(ctx)
	cancel()
	if err := gate.Do(dead, luaapi.Command{What: "presets"}, presets); !errors.Is(err, context.Canceled) {
		t.Errorf("a command of a task that ends: %v", err)
	}
	time.Sleep(20 * time.Millisecond)
	if n := sent.Load(); n != 0 || len(ends) > 0 {
		t.Errorf("%d requests were sent, %d commands have ended", n, len(ends))
	}
	r.set.Resume()
	r.set.Resume()
	for range 4 {
		r.within(60*time.Second, "a command", func() {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		})
	}
}

// A command that is on its way to the wire when Wane comes waits like the others, and
// a move that is on the wire is stopped when it is answered.
func TestWaneInBetween(t *testing.T) {
	r, gate := newGate(t, "timeout: 30s, concurrency: 2")
	ctx, _ := by("tour", nil)
	ends := make(chan error, 2)
	var presets atomic.Int32
	first := make(chan struct{})
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/goto") {
			presets.Add(1)
			<-first
		}
		return device.RoundTrip(req)
	})
	for range 2 {
		go func() { ends <- preset(ctx, gate) }()
	}
	r.eventually("one is on the wire, and one waits for that", func() bool { return presets.Load() == 1 && gate.Status(time.UTC).Active == 2 })
	r.set.Wane()
	close(first)
	r.within(60*time.Second, "the first", func() {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	})
	r.eventually("the second waits again", func() bool { st := gate.Status(time.UTC); return st.Active == 0 && st.Queue == 1 })
	if n := presets.Load(); n != 1 {
		t.Errorf("%d commands were sent", n)
	}
	r.set.Resume()
	r.within(60*time.Second, "the second", func() {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	})
	sent, free := make(chan struct{}), make(chan struct{})
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		resp, err := device.RoundTrip(req)
		if isMove(req) {
			close(sent)
			<-free
		}
		return resp, err
	})
	go func() { ends <- turn(ctx, gate) }()
	<-sent
	r.set.Wane()
	close(free)
	r.within(60*time.Second, "the move", func() { <-ends })
	r.eventually("the head rests", func() bool { return r.set.AllAtRest() && !r.gate().Driven(1) })
}

// While Wane and Resume come and go, commands are neither lost nor sent twice, and
// after each Wane the head comes to rest and stays so.
func TestWaneRace(t *testing.T) {
	r, gate := newGate(t)
	ctx, end := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	for range 4 {
		tasks.Go(func() {
			for ctx.Err() == nil {
				mine, o := by("tour", nil)
				if err := turn(mine, gate); err != nil && luaapi.Describe(err).Kind != "cancelled" {
					t.Error(err)
				}
				if err := gate.Do(mine, luaapi.Command{What: "presets"}, presets); err != nil {
					t.Error(err)
				}
				o.End()
			}
		})
	}
	for range 20 {
		r.set.Wane()
		r.eventually("the head rests", func() bool { return gate.Status(time.UTC).Active == 0 && r.set.AllAtRest() })
		for range 5 {
			if r.gate().Driven(1) {
				t.Error("the head turns while the host may have to give it up")
			}
			time.Sleep(time.Millisecond / 2)
		}
		r.set.Resume()
		time.Sleep(2 * time.Millisecond)
	}
	end()
	r.within(60*time.Second, "the tasks", tasks.Wait)
}

// Drop ends everything without a word to the device, and leaves the marks.
func TestDrop(t *testing.T) {
	r, gate := newGatedRig(t, gateAt(oneGate))
	r.turning(gate)
	var free = make(chan struct{})
	held := make(chan struct{}, 1)
	var stops atomic.Int32
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if isStop(req) {
			stops.Add(1)
		}
		if strings.Contains(req.URL.Path, "/presets") {
			held <- struct{}{}
			<-free // it does not even mind its context
		}
		return device.RoundTrip(req)
	})
	ctx, _ := by("tour", nil)
	ends := make(chan error, 2)
	go func() { ends <- gate.Do(ctx, luaapi.Command{What: "presets"}, presets) }()
	<-held
	go func() { ends <- preset(ctx, gate) }()
	r.eventually("one waits", func() bool { return gate.Status(time.UTC).Queue == 1 })
	r.gate.Close()
	r.set.Drop()
	r.set.Drop()
	wantElsewhere(t, "what waited", <-ends)
	if gate.State() != StateElsewhere {
		t.Errorf("the device is %s", gate.State())
	}
	wantElsewhere(t, "a command", preset(ctx, gate))
	wantElsewhere(t, "a stop", gate.StopHead(ctx, 1))
	wantElsewhere(t, "a look", gate.Look(ctx, luaapi.Command{What: "presets"}, presets))
	gate.Retry()
	if st := gate.Status(time.UTC); st.State != StateElsewhere || len(st.Heads) > 0 {
		t.Errorf("%+v", st)
	}
	began := time.Now()
	err := r.close(100 * time.Millisecond)
	if err == nil || time.Since(began) > 30*time.Second || contains(err.Error(), "moving") {
		t.Errorf("Close: %v, after %v", err, time.Since(began))
	}
	close(free)
	<-ends
	if n := stops.Load(); n > 0 || !r.sim("http://"+oneGate+":80").Driven(1) {
		t.Errorf("%d stops were sent", n)
	}
	if text := r.log.String(); contains(text, "WARN") || contains(text, "ERROR") || len(r.book.AllMoving()) != 1 {
		t.Errorf("marks %v, log\n%s", r.book.AllMoving(), text)
	}
}

// A stop that is tried again and again ends with Drop, and no line says that the head
// may be moving: another host stops it.
func TestDropEndsStops(t *testing.T) {
	t.Parallel()
	r, gate := newGatedRig(t, gateAt(oneGate))
	_, o := r.turning(gate)
	stops := r.refuseStops(http.StatusServiceUnavailable)
	o.End()
	r.eventually("it is tried again", func() bool { return stops.refused.Load() >= 3 })
	r.gate.Close()
	r.set.Drop()
	if err := r.close(10 * time.Second); err != nil {
		t.Error(err)
	}
	if contains(r.log.String(), "may still be moving") || len(r.book.AllMoving()) != 1 {
		t.Errorf("marks %v, log\n%s", r.book.AllMoving(), r.log)
	}
}
