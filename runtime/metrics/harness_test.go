package metrics

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// world is a site with simulated devices in virtual time, and its metrics.
type world struct {
	t       *testing.T
	dir     string
	clk     *clock.Virtual
	host    *runtime.Host
	c       *Collector
	devices map[string]*sim.Device
	stop    context.CancelFunc
	ended   bool
}

// noon is when the tests begin: a Wednesday.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

const oneHead = `timezone: UTC
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
`

func noEnv(string) (string, bool) { return "", false }

// newWorld runs a site; files are by path: "scripts/a.lua".
func newWorld(t *testing.T, yaml string, files map[string]string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clk: clock.NewVirtual(noon), devices: make(map[string]*sim.Device)}
	w.write("site.yaml", yaml)
	for path, content := range files {
		w.write(path, content)
	}
	conf, err := site.Load(w.dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	w.host, err = runtime.New(runtime.Config{
		Site: conf, Reload: func() (*site.Site, error) { return site.Load(w.dir, noEnv) }, Clock: w.clk,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Version: "1.2.3",
		Transport: func(d site.Device) (http.RoundTripper, error) {
			dev := sim.New(sim.Options{Name: d.Name, Model: cmp.Or(sim.Model(d.Simulate), sim.PTZ), Clock: w.clk, SmallPictures: true, Username: d.Username, Password: d.Password.Reveal()})
			w.devices[d.Name] = dev
			return dev.Transport(), nil
		},
		Record: func(e journal.Entry) { w.c.Record(e) },
		Print:  func(string, string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.c = New(Config{
		Host: w.host, Clock: w.clk, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Lost: func() int { return 0 },
		Page: func() PageCounts { return PageCounts{} },
	})
	ctx, stop := clock.WithCancel(context.Background())
	w.stop = stop
	w.clk.Go(func() {
		if err := w.host.Run(ctx, nil); err != nil {
			t.Error(err)
		}
		w.ended = true
	})
	t.Cleanup(func() {
		w.stop()
		w.run(time.Hour)
		if !w.ended {
			t.Error("the host did not stop")
		}
	})
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

// run lets time pass.
func (w *world) run(d time.Duration) { w.clk.RunFor(d) }

// sync looks at the site as the watcher does after a save.
func (w *world) sync() {
	w.clk.Go(func() { w.host.Sync(context.Background()) })
	w.run(time.Second)
}

// scrape is an answer, and its series that are hiklua's own.
func (w *world) scrape() (text string, series map[string]float64) {
	w.t.Helper()
	return scrape(w.t, w.c)
}

func scrape(t *testing.T, c *Collector) (text string, series map[string]float64) {
	t.Helper()
	answer := httptest.NewRecorder()
	c.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return answer.Body.String(), parse(t, answer.Body.String())
}

// parse reads the series of the text format that are hiklua's own.
func parse(t *testing.T, text string) map[string]float64 {
	t.Helper()
	series := make(map[string]float64)
	for line := range strings.Lines(text) {
		at := strings.LastIndexByte(line, ' ')
		if !strings.HasPrefix(line, prefix) {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		series[line[len(prefix):at]] = v
	}
	return series
}

// wantSeries wants these, with these values, and no other that begins as one of
// them does, up to its labels.
func wantSeries(t *testing.T, got map[string]float64, want map[string]float64) {
	t.Helper()
	names := make(map[string]bool)
	for series, v := range want {
		name, _, _ := strings.Cut(series, "{")
		names[name] = true
		if is, there := got[series]; !there || is != v {
			t.Errorf("%s is %v (there: %v), want %v", series, is, there, v)
		}
	}
	for series, v := range got {
		name, _, _ := strings.Cut(series, "{")
		if _, there := want[series]; names[name] && !there {
			t.Errorf("%s %v is too much", series, v)
		}
	}
}
