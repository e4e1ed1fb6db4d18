package runtime

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// BenchmarkEventLatency measures the time from the last byte of an event on
// the wire to the first line of its handler: 200 devices on real connections,
// a thousand events a second, each the start or the stop of an alarm.
func BenchmarkEventLatency(b *testing.B) {
	for _, scripts := range []int{1, 20} {
		b.Run(fmt.Sprintf("scripts=%d", scripts), func(b *testing.B) { eventLatency(b, 200, scripts) })
	}
}

// wire is a device that says what it is told to say.
type wire struct {
	out    chan io.Writer // of its event stream, once it is open
	stream http.Flusher
	body   io.Writer

	mu     sync.Mutex
	sent   time.Time // zero: no event is under way
	active bool
}

func (d *wire) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/deviceInfo"):
		io.WriteString(w, "<DeviceInfo><model>bench</model><deviceType>IPCamera</deviceType></DeviceInfo>")
	case strings.HasSuffix(r.URL.Path, "/alertStream"):
		w.Header().Set("Content-Type", "multipart/mixed; boundary=boundary")
		w.WriteHeader(http.StatusOK)
		d.stream, d.body = w.(http.Flusher), w
		d.stream.Flush()
		d.out <- w
		<-r.Context().Done()
	default:
		http.NotFound(w, r)
	}
}

// say sends the next event, unless the last one is still under way.
func (d *wire) say() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.sent.IsZero() {
		return false
	}
	d.active = !d.active
	state := "inactive"
	if d.active {
		state = "active"
	}
	text := message("VMD", state, 1, time.Now())
	d.sent = time.Now()
	io.WriteString(d.body, text)
	d.stream.Flush()
	return true
}

func (d *wire) handled(now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	took := now.Sub(d.sent)
	d.sent = time.Time{}
	return took
}

func eventLatency(b *testing.B, devices, scripts int) {
	dir := b.TempDir()
	var yaml strings.Builder
	yaml.WriteString("devices:\n")
	wires := make(map[string]*wire)
	var order []*wire
	sources := make([]strings.Builder, scripts)
	for i := range devices {
		name := fmt.Sprintf("cam%d", i)
		d := &wire{out: make(chan io.Writer, 1)}
		server := httptest.NewServer(d)
		b.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		port := server.URL[strings.LastIndexByte(server.URL, ':')+1:]
		fmt.Fprintf(&yaml, "  %s: {ip: 127.0.0.1, port: %s, username: u, password: p}\n", name, port)
		fmt.Fprintf(&sources[i%scripts], "hik.device(%q):on(\"motion\", {state = \"both\", overlap = \"allow\"}, function(ev) print(ev.device) end)\n", name)
		wires[name], order = d, append(order, d)
	}
	os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml.String()), 0o600)
	os.Mkdir(filepath.Join(dir, "scripts"), 0o700)
	for i := range sources {
		os.WriteFile(filepath.Join(dir, "scripts", fmt.Sprintf("s%d.lua", i)), []byte(sources[i].String()), 0o600)
	}
	conf, err := site.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		b.Fatal(err)
	}
	handled := make(chan time.Duration, devices)
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Version: "bench",
		Print: func(_, text string) { handled <- wires[text].handled(time.Now()) },
	})
	if err != nil {
		b.Fatal(err)
	}
	h.Open()
	h.Sync(context.Background())
	defer h.Close()
	for _, d := range order {
		<-d.out
	}
	took := make([]time.Duration, 0, b.N)
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	sent, next := 0, 0
	for b.ResetTimer(); len(took) < b.N; {
		select {
		case d := <-handled:
			took = append(took, d)
		case <-pace.C:
			for try := 0; sent < b.N && try < devices; try++ {
				next = (next + 37) % devices
				if order[next].say() {
					sent++
					break
				}
			}
		}
	}
	b.StopTimer()
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))]) / 1e6 }
	b.ReportMetric(at(0.5), "ms/p50")
	b.ReportMetric(at(0.99), "ms/p99")
	b.ReportMetric(at(1), "ms/max")
}
