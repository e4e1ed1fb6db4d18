package device

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

// rig is a Set of simulated devices in real time, in memory: what is looked at
// and then done is tested here, with many goroutines at once. In virtual time
// one runs at a time, and nothing can come between.
type rig struct {
	t   *testing.T
	set *Set
	log *lockedBuffer

	mu      sync.Mutex
	sims    map[string]*sim.Device // by address; it lives on when the host lets go of it
	between atomic.Pointer[between]
	ended   bool
}

// between stands between the host and its devices.
type between func(r *http.Request, device http.RoundTripper) (*http.Response, error)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// gateAt is a site with a head named gate at an address.
func gateAt(ip string) string {
	return "timezone: UTC\ndevices:\n  gate: {ip: " + ip + ", username: admin, password: simulated, timeout: 30s}\n"
}

const oneGate = "192.0.2.1"

// gateWith is the site of oneGate with these settings in the place of its timeout.
func gateWith(settings string) string {
	return strings.Replace(gateAt(oneGate), "timeout: 30s", settings, 1)
}

// newGate is the rig of oneGate, with the settings of gateWith if there are any,
// and the device once it is online and has nothing to do.
func newGate(t *testing.T, settings ...string) (*rig, *Ref) {
	t.Helper()
	yaml := gateAt(oneGate)
	for _, s := range settings {
		yaml = gateWith(s)
	}
	r := newRig(t, yaml)
	return r, r.quiet()
}

func newRig(t *testing.T, yaml string, options ...func(*Config)) *rig {
	t.Helper()
	return newRigWith(t, nil, yaml, options...)
}

// newRigWith is newRig with a crash book.
func newRigWith(t *testing.T, book *store.Store, yaml string, options ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, log: new(lockedBuffer), sims: make(map[string]*sim.Device)}
	conf := Config{
		Site: r.parse(yaml), Clock: clock.Real(), Log: testLog(r.log),
		Transport: func(d site.Device) (http.RoundTripper, error) {
			device := r.sim(addressOf(d)).Transport()
			return roundTrip(func(req *http.Request) (*http.Response, error) {
				if f := r.between.Load(); f != nil {
					return (*f)(req, device)
				}
				return device.RoundTrip(req)
			}), nil
		},
	}
	for _, o := range options {
		o(&conf)
	}
	var err error
	if r.set, err = NewSet(conf); err != nil {
		t.Fatal(err)
	}
	if book != nil {
		r.set.Remember(book, time.Time{})
	}
	r.set.Start()
	t.Cleanup(func() { r.close(10 * time.Second) })
	return r
}

func (r *rig) parse(yaml string) *site.Site {
	r.t.Helper()
	dir := r.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, site.FileName), []byte(yaml), 0o600); err != nil {
		r.t.Fatal(err)
	}
	s, err := site.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// sim is the simulated device at an address.
func (r *rig) sim(address string) *sim.Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.sims[address]
	if d == nil {
		d = sim.New(sim.Options{Name: address, Model: sim.PTZ, Clock: clock.Real(), Username: "admin", Password: "simulated"})
		r.sims[address] = d
	}
	return d
}

// gate is the simulated device at the address of oneGate.
func (r *rig) gate() *sim.Device { return r.sim("http://" + oneGate + ":80") }

func (r *rig) putBetween(f between) { r.between.Store(&f) }

// disobedience is what devices say to stops until they obey.
type disobedience struct {
	obeyed  atomic.Bool
	refused atomic.Int32
}

func (s *disobedience) obey() { s.obeyed.Store(true) }

// refuseStops has every device refuse stops with a status.
func (r *rig) refuseStops(code int) *disobedience {
	s := new(disobedience)
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if isStop(req) && !s.obeyed.Load() {
			s.refused.Add(1)
			return status(req, code), nil
		}
		return device.RoundTrip(req)
	})
	return s
}

// turning has the head turn, for a new owner.
func (r *rig) turning(ref *Ref) (context.Context, *Owner) {
	r.t.Helper()
	ctx, o := by("tour", nil)
	if err := turn(ctx, ref); err != nil {
		r.t.Fatal(err)
	}
	return ctx, o
}

// close ends the set once, within limit.
func (r *rig) close(limit time.Duration) error {
	r.t.Helper()
	if r.ended {
		return nil
	}
	r.ended = true
	ctx, cancel := clock.WithTimeout(clock.Real(), context.Background(), limit)
	defer cancel()
	var err error
	r.within(limit+10*time.Second, "Close", func() { err = r.set.Close(ctx) })
	return err
}

// within fails the test if f does not end in time: a deadlock.
func (r *rig) within(limit time.Duration, what string, f func()) {
	r.t.Helper()
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		r.t.Fatalf("%s has not ended after %v\n%s", what, limit, r.log)
	}
}

// swap is a saved site.yaml.
func (r *rig) swap(yaml string) {
	r.t.Helper()
	p, err := r.set.Prepare(r.parse(yaml))
	if err != nil {
		r.t.Fatal(err)
	}
	p.Commit()
}

// quiet gives the first device, once it is online and has nothing to do.
func (r *rig) quiet() *Ref {
	r.t.Helper()
	ref := r.set.Devices()[0]
	ref.Settled(r.t.Context())
	r.eventually("it is quiet", func() bool { st := ref.Status(time.UTC); return st.Model != "" && st.Queue+st.Active == 0 })
	return ref
}

// by returns the context of a new owner.
func by(name string, parent *Owner) (context.Context, *Owner) {
	o := &Owner{Name: name}
	if parent != nil {
		o.ChildOf(parent)
	}
	return WithOwner(context.Background(), o), o
}

func turn(ctx context.Context, ref *Ref) error {
	return ref.Move(ctx, luaapi.Command{What: "ptz_pan_tilt", Channel: 1}, isapi.Velocity{Pan: 40}, luaapi.MoveOptions{})
}

func preset(ctx context.Context, ref *Ref) error {
	return ref.Do(ctx, luaapi.Command{What: "preset", Channel: 1, Head: true}, func(ctx context.Context, c *isapi.Client) error {
		return c.GotoPreset(ctx, 1, 1)
	})
}

// eventually waits for something that other goroutines bring about.
func (r *rig) eventually(what string, f func() bool) {
	r.t.Helper()
	for end := time.Now().Add(60 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not so after 60 s: %s\n%s", what, r.log)
		}
	}
}

// isStop reports whether a request stops the head.
func isStop(req *http.Request) bool { return isContinuous(req, "<pan>0</pan>") }

func isMove(req *http.Request) bool { return isContinuous(req, "<pan>40</pan>") }

func isContinuous(req *http.Request, what string) bool {
	if req.GetBody == nil || !strings.HasSuffix(req.URL.Path, "/continuous") {
		return false
	}
	body, _ := req.GetBody()
	var text bytes.Buffer
	text.ReadFrom(body)
	return strings.Contains(text.String(), what)
}

func status(req *http.Request, code int) *http.Response {
	return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Header: http.Header{}, Body: http.NoBody, Request: req, ProtoMajor: 1}
}

func contains(text, piece string) bool { return strings.Contains(text, piece) }

var velocity = isapi.Velocity{Pan: 40}

func presets(ctx context.Context, c *isapi.Client) error {
	_, err := c.Presets(ctx, 1)
	return err
}

func testLog(b *lockedBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }
