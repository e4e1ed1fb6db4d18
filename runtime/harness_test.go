package runtime

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// world is a site with simulated devices in virtual time.
type world struct {
	t       *testing.T
	dir     string
	clk     *clock.Virtual
	host    *Host
	devices map[string]*sim.Device
	log     *bytes.Buffer // without times
	printed []string
	records []journal.Entry // of commands
	record  []journal.Entry // of all kinds
	began   time.Time
	stop    context.CancelFunc
	ended   bool
	err     error        // of Run
	disk    func() error // what the disk of a state file says; nil: it works
	logged  func()       // called while a line is logged
	// via stands between the host and a device.
	via map[string]func(r *http.Request, device http.RoundTripper) (*http.Response, error)
}

// noon is when the tests begin: a Wednesday.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// oneHead is the site of most tests.
const oneHead = `timezone: UTC
devices:
  gate:
    simulate: ptz
    channels:
      yard: {address: 1}
`

// newWorld makes a site; files are by path: "scripts/a.lua".
func newWorld(t *testing.T, yaml string, files map[string]string, tune ...func(*sim.Options)) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), clk: clock.NewVirtual(noon), began: noon,
		devices: make(map[string]*sim.Device), log: new(bytes.Buffer),
		via: make(map[string]func(*http.Request, http.RoundTripper) (*http.Response, error)),
	}
	w.write("site.yaml", yaml)
	for path, content := range files {
		w.write(path, content)
	}
	conf, err := site.Load(w.dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	handler := slog.NewTextHandler(w.log, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				if w.logged != nil {
					w.logged()
				}
				return slog.String("at", fmt.Sprint(w.clk.Now().Sub(w.began)))
			}
			return a
		},
	})
	w.host, err = New(Config{
		Site: conf, Reload: func() (*site.Site, error) { return site.Load(w.dir, noEnv) }, Clock: w.clk, Log: slog.New(handler), Version: "test",
		Transport: func(d site.Device) (http.RoundTripper, error) {
			o := sim.Options{Name: d.Name, Model: cmp.Or(sim.Model(d.Simulate), sim.PTZ), Clock: w.clk, Username: d.Username, Password: d.Password.Reveal()}
			for _, f := range tune {
				f(&o)
			}
			dev := sim.New(o)
			w.devices[d.Name] = dev
			return w.through(d.Name, dev.Transport()), nil
		},
		Record: func(r journal.Entry) {
			w.record = append(w.record, r)
			if r.Kind == journal.Command {
				w.records = append(w.records, r)
			}
		},
		Print: func(_, text string) { w.printed = append(w.printed, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func noEnv(string) (string, bool) { return "", false }

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

// through is the way to a device, by what stands between, if anything does.
func (w *world) through(name string, device http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if via := w.via[name]; via != nil {
			return via(r, device)
		}
		return device.RoundTrip(r)
	})
}

// start runs the host on a goroutine of the clock; nothing happens before run.
func (w *world) start() {
	ctx, stop := clock.WithCancel(context.Background())
	w.stop = stop
	w.clk.Go(func() {
		w.err = w.host.Run(ctx, nil)
		w.ended = true
	})
	w.t.Cleanup(func() {
		if !w.ended {
			w.end()
		}
		if live := w.clk.Live(); live != 0 {
			w.t.Errorf("%d goroutines left behind", live)
		}
	})
}

// sync looks at the scripts as the watcher does after a save.
func (w *world) sync() {
	w.clk.Go(func() { w.host.Sync(context.Background()) })
	w.run(0)
}

func (w *world) remove(path string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, filepath.FromSlash(path))); err != nil {
		w.t.Fatal(err)
	}
}

// cancelTasks ends every task of every script, as task:cancel() does.
func (w *world) cancelTasks() {
	for _, s := range w.host.running() {
		s.mu.Lock()
		tasks := slices.Clone(s.tasks)
		s.mu.Unlock()
		for _, t := range tasks {
			t.cancel(errCancelled)
		}
	}
}

// run lets time pass.
func (w *world) run(d time.Duration) { w.clk.RunFor(d) }

// end stops the host in an orderly way.
func (w *world) end() {
	w.t.Helper()
	w.stop()
	w.run(orderlyStop + time.Minute)
	if !w.ended {
		w.t.Fatal("the host did not stop")
	}
}

// head is the simulated device of oneHead.
func (w *world) head() *sim.Device { return w.devices["gate"] }

// sent lists what a device was asked, with the time since the start:
// "2s continuous 40 0 0". Only what moves heads or takes pictures.
func (w *world) sent(device string) []string {
	var all []string
	for _, e := range w.devices[device].Journal() {
		switch word, _, _ := strings.Cut(e.What, " "); word {
		case "continuous", "goto", "picture", "stop":
			if e.Status < 400 {
				all = append(all, fmt.Sprintf("%v %s", e.Start.Sub(w.began).Round(time.Millisecond), e.What))
			}
		}
	}
	return all
}

func (w *world) wantSent(device string, want ...string) {
	w.t.Helper()
	if got := w.sent(device); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s was sent\n  %s\nwant\n  %s", device, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// wantLog asks for a piece of the log.
func (w *world) wantLog(piece string) {
	w.t.Helper()
	if !strings.Contains(w.log.String(), piece) {
		w.t.Errorf("the log does not say %q:\n%s", piece, w.log)
	}
}

func (w *world) wantPrinted(want ...string) {
	w.t.Helper()
	if strings.Join(w.printed, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("printed\n%s\nwant\n%s\nlog:\n%s", strings.Join(w.printed, "\n"), strings.Join(want, "\n"), w.log)
	}
}

// hang waits until a request is broken off.
func (w *world) hang(r *http.Request) { clock.WaitFor(r.Context(), w.clk.NewWaiter()) }

// find is the generation of a script that runs; nil: none does.
func (h *Host) find(name string) *script {
	for _, s := range h.running() {
		if s.name == name {
			return s
		}
	}
	return nil
}

// alive are the Lua states that are open.
func (h *Host) alive() []*script {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.states)
}
