package hosts

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/metrics"
	"github.com/hiklua/hiklua/runtime/mqtt"
	"github.com/hiklua/hiklua/runtime/site"
)

var (
	_ mqtt.Host    = (*Group)(nil)
	_ metrics.Host = (*Group)(nil)
)

const twoYards = `timezone: Europe/Berlin
archive: {}
devices:
  east: {simulate: ptz, channels: {yard: {address: 1}}}
  west: {simulate: ptz, channels: {yard: {address: 1}}}
`

// world is the host left of a cluster of left and right, in real time, with
// simulated devices.
type world struct {
	t     *testing.T
	dir   string
	site  *site.Site
	group *Group

	mu      sync.Mutex
	holders map[string]string        // by share; "": no host
	hosts   map[string]*runtime.Host // by share, of those that were taken
}

// newWorld makes a host without shares. The site has a share east and a share west,
// of the devices of these names, or with one a single share. Files are by path:
// "scripts/a.lua".
func newWorld(t *testing.T, one bool, files map[string]string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), holders: make(map[string]string), hosts: make(map[string]*runtime.Host)}
	w.write("site.yaml", twoYards)
	for path, content := range files {
		w.write(path, content)
	}
	var err error
	if w.site, err = site.Load(w.dir, func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	w.site.Cluster = &site.Cluster{
		Hosts:  []site.Member{{Name: "left", Address: "192.0.2.11"}, {Name: "right", Address: "192.0.2.12"}},
		Shares: []site.Share{{Name: "east", Devices: []string{"east"}}, {Name: "west", Devices: []string{"west"}}},
	}
	if one {
		w.site.Cluster.Shares = []site.Share{{Name: site.OneShare, Devices: []string{"east", "west"}}}
	}
	w.group = New(Config{Clock: clock.Real(), Version: "1.2.3", Site: func() *site.Site { return w.site }, Cluster: w.cluster})
	return w
}

func (w *world) write(path, content string) {
	w.t.Helper()
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// held notes which host holds a share.
func (w *world) held(share, host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holders[share] = host
}

func (w *world) cluster() runtime.ClusterStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	st := runtime.ClusterStatus{Host: "left", Quorum: true}
	for _, name := range w.site.ShareNames() {
		s := runtime.ShareStatus{Name: name, State: "nobody", Term: 1}
		if h := w.holders[name]; h != "" {
			s.State, s.Holder = "held", h
		}
		st.Shares = append(st.Shares, s)
	}
	return st
}

// open runs the Host of a share, beside the Group, until end or drop.
func (w *world) open(share string) (h *runtime.Host, end, drop func()) {
	w.t.Helper()
	gate := isapi.NewGate(func() bool { return true })
	h, err := runtime.New(runtime.Config{
		Gate: gate, Site: w.site.Share(share), Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Version: "1.2.3", Print: func(string, string) {},
		Data: filepath.Join(w.dir, "data", "cluster", share),
		Transport: func(d site.Device) (http.RoundTripper, error) {
			return sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clock.Real(), SmallPictures: true, Username: d.Username, Password: d.Password.Reveal()}).Transport(), nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	h.Open()
	ctx, stop := context.WithCancel(context.Background())
	loaded, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		_ = h.Run(ctx, func([]runtime.Change) { close(loaded) })
	}()
	end = sync.OnceFunc(func() {
		h.Abort()
		stop()
		<-ended
	})
	w.t.Cleanup(end)
	<-loaded
	return h, end, func() {
		gate.Close()
		h.Drop()
		end()
	}
}

// take has left hold a share.
func (w *world) take(share string) {
	w.t.Helper()
	h, _, _ := w.open(share)
	w.held(share, "left")
	w.hosts[share] = h
	w.group.Set(share, h)
}

// lose has right hold a share that left has taken.
func (w *world) lose(share string) {
	w.held(share, "right")
	w.group.Remove(share, w.hosts[share])
}

// online waits until a device answers.
func (w *world) online(device string) {
	w.t.Helper()
	until(w.t, device+" is online", func() bool {
		st := w.group.Status()
		i := slices.IndexFunc(st.Devices, func(d runtime.DeviceStatus) bool { return d.Name == device })
		return i >= 0 && st.Devices[i].State == "online"
	})
}

// until waits for something to become so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is waited in vain: " + what)
		}
	}
}

// wantElsewhere wants an error of kind elsewhere with these words.
func wantElsewhere(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	r := runtime.Report(err)
	if r.Kind != "elsewhere" {
		t.Errorf("%s: kind %s: %v", what, r.Kind, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q is not in: %v", what, word, err)
		}
	}
}
