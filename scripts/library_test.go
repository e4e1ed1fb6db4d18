package scripts_test

import (
	"bytes"
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

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/scripts"
)

// world is a site with one simulated head, in virtual time.
type world struct {
	t       *testing.T
	dir     string
	clk     *clock.Virtual
	device  *sim.Device
	printed []string // with the seconds since the start
	log     bytes.Buffer
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // a Wednesday

const siteYAML = `timezone: UTC
location: {lat: 52.52, lon: 13.40}
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
`

// play runs a script for that long.
func play(t *testing.T, script string, span time.Duration, tune ...func(*sim.Options)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clk: clock.NewVirtual(noon)}
	w.write("site.yaml", siteYAML)
	w.write("scripts/test.lua", script)
	conf, err := site.Load(w.dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	host, err := runtime.New(runtime.Config{
		Site: conf, Clock: w.clk, Version: "test", Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Print: func(_, text string) {
			w.printed = append(w.printed, fmt.Sprintf("%.0f %s", w.clk.Now().Sub(noon).Seconds(), text))
		},
		Transport: func(d site.Device) (http.RoundTripper, error) {
			o := sim.Options{Name: d.Name, Model: sim.PTZ, Clock: w.clk, Username: d.Username, Password: d.Password.Reveal()}
			for _, f := range tune {
				f(&o)
			}
			w.device = sim.New(o)
			return w.device.Transport(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := clock.WithCancel(context.Background())
	w.clk.Go(func() {
		if err := host.Run(ctx, nil); err != nil {
			t.Error(err)
		}
	})
	w.clk.RunFor(span)
	stop()
	w.clk.RunFor(time.Minute)
	return w
}

func (w *world) write(path, text string) {
	w.t.Helper()
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// visits are the presets and pictures that the device was asked for, with the
// seconds since the start.
func (w *world) visits() []string {
	var list []string
	for _, e := range w.device.Journal() {
		if e.Status == 200 && (strings.HasPrefix(e.What, "goto") || strings.HasPrefix(e.What, "picture")) {
			list = append(list, fmt.Sprintf("%.0f %s", e.Start.Sub(noon).Seconds(), e.What))
		}
	}
	return list
}

// files are those below data/ whose name ends in .jpg.
func (w *world) files() []string {
	var list []string
	root := filepath.Join(w.dir, "data")
	filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".jpg") {
			name, _ := filepath.Rel(root, path)
			list = append(list, filepath.ToSlash(name))
		}
		return nil
	})
	return list
}

func (w *world) expect(what string, got []string, want ...string) {
	w.t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s: -want +got\n%s\nlog:\n%s", what, diff, w.log.String())
	}
}

func TestNames(t *testing.T) {
	names := scripts.Names()
	for _, want := range []string{"hik.filename", "hik.options", "hik.retry", "hik.seconds", "hik.sweep", "hik.timelapse", "hik.tour"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing in %v", want, names)
		}
		if source, ok := scripts.Module(want); !ok || !bytes.HasPrefix(source, []byte("-- "+want+": ")) {
			t.Errorf("%s does not begin with what it is", want)
		}
	}
	if _, ok := scripts.Module("hik.nothing"); ok {
		t.Error("hik.nothing is there")
	}
}

// A device that has one channel stands for it in the functions of the library,
// and one that has several does not; what is no channel is refused at the start.
func TestDeviceForItsChannel(t *testing.T) {
	w := play(t, `
		local gate = hik.device("gate")
		hik.spawn(function()
			require("hik.tour").run(gate, {{preset = 1, dwell = 1, snapshot = true}}, {rounds = 1})
			require("hik.sweep").run(gate, {2}, {save = "{device}-{channel}-{preset}.jpg"})
			require("hik.timelapse").start(gate, 60, {file = "{channel} {time}.jpg", snapshot = {stream = "sub"}})
			print(pcall(require("hik.timelapse").start, hik.spawn(function() end), 60))
			print(pcall(require("hik.sweep").run, gate, {1}, {snapshot = {strem = "sub"}}))
		end)
	`, 90*time.Second)
	files := w.files()
	if len(files) != 3 || files[0] != "gate-yard-2.jpg" || !strings.HasPrefix(files[1], "tours/gate-yard/") || !strings.HasPrefix(files[2], "yard 12-01-") {
		t.Errorf("%q\n%s", files, w.log.String())
	}
	if len(w.printed) < 2 || !strings.Contains(w.printed[len(w.printed)-2], "is no channel") || !strings.Contains(w.printed[len(w.printed)-1], `did you mean "stream"`) {
		t.Errorf("%q", w.printed)
	}
}

// What stands in braces in a file name is a word, also where a brace is forgotten.
func TestBracesOfFileNames(t *testing.T) {
	w := play(t, `
		hik.spawn(function()
			for _, name in ipairs {"{preset.jpg", "preset}.jpg", "{}.jpg", "{pre-set}.jpg", "{{preset}}.jpg", "{ preset }.jpg"} do
				local ok, err = pcall(require("hik.sweep").run, hik.device("gate"), {1}, {save = name})
				print(ok or err)
			end
		end)
	`, time.Second)
	if files := w.files(); len(files) > 0 || len(w.printed) != 6 {
		t.Fatalf("%q\n%q", files, w.printed)
	}
	for _, line := range w.printed {
		if !strings.Contains(line, "holds no word; there are {device}, ") {
			t.Error(line)
		}
	}
}

// TestPictureOptions: hik.library lists the options of snapshot as it has them itself.
func TestPictureOptions(t *testing.T) {
	var want []string
	for _, e := range luaapi.API() {
		if e.Owner == "channel" && e.Name == "snapshot" {
			for _, o := range e.Options {
				want = append(want, o.Name)
			}
		}
	}
	lists := 0
	for _, d := range library(t) {
		for _, o := range rows(d.table, "options") {
			if text(o, "kind") != "picture" {
				continue
			}
			lists++
			var got []string
			for _, inner := range rows(o, "options") {
				got = append(got, text(inner, "name"))
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s.%s: -want +got\n%s", d.module, d.name, diff)
			}
		}
	}
	if lists == 0 {
		t.Error("no function takes options for pictures")
	}
}
