package runtime

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// newExample is a folder of examples/ with its devices simulated, as "hiklua
// run --simulate" has them. Nothing of the environment is needed. begin is by
// the wall clock of the example's zone: "2026-03-04 17:00".
func newExample(t *testing.T, name, begin string) *world {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil { // of somebody's trial
		t.Fatal(err)
	}
	return newSimulated(t, dir, begin)
}

// newSimulated is the site in a folder with its devices simulated.
func newSimulated(t *testing.T, dir, begin string) *world {
	t.Helper()
	w := &world{t: t, dir: dir, devices: make(map[string]*sim.Device), log: new(bytes.Buffer),
		via: make(map[string]func(*http.Request, http.RoundTripper) (*http.Response, error))}
	conf, err := site.LoadSimulated(w.dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	w.began, err = time.ParseInLocation("2006-01-02 15:04", begin, conf.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	w.clk = clock.NewVirtual(w.began)
	for i := range conf.Devices {
		conf.Devices[i].Username, conf.Devices[i].Password = "admin", isapi.NewSecret("simulated")
	}
	w.host, err = New(Config{
		Site: conf, Clock: w.clk, Log: slog.New(slog.NewTextHandler(w.log, nil)), Version: "test",
		Transport: func(d site.Device) (http.RoundTripper, error) {
			device := sim.New(exampleDevice(d, w.clk))
			w.devices[d.Name] = device
			return w.through(d.Name, device.Transport()), nil
		},
		Print: func(_, text string) { w.printed = append(w.printed, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// exampleDevice is a dome, or a recorder with a head on each channel.
func exampleDevice(d site.Device, clk clock.Clock) sim.Options {
	o := sim.Options{
		Name: d.Name, Model: sim.PTZ, Clock: clk, Username: d.Username, Password: d.Password.Reveal(), JournalSize: 200_000,
	}
	for _, c := range d.Channels {
		if c.Address > 1 {
			o.Model = sim.NVR
		}
	}
	if o.Model == sim.NVR {
		for id := 1; id <= 4; id++ {
			o.Channels = append(o.Channels, sim.ChannelOptions{ID: id, PTZ: true})
		}
	}
	return o
}

// clockTimes lists what a device was asked and did, by its own clock:
// "17:56:00 ch1 goto 2".
func (w *world) clockTimes(device string) []string {
	var all []string
	for _, e := range w.devices[device].Journal() {
		switch word, _, _ := strings.Cut(e.What, " "); word {
		case "continuous", "goto", "picture":
			if e.Status == 200 {
				all = append(all, fmt.Sprintf("%s ch%d %s", e.Start.Format("15:04:05"), e.Channel, e.What))
			}
		}
	}
	return all
}

// wantClockTimes allows a second: how long a head takes is the simulator's
// matter.
func (w *world) wantClockTimes(device string, want ...string) {
	w.t.Helper()
	same := func(got, want string) bool {
		a, errA := time.Parse(time.TimeOnly, got[:8])
		b, errB := time.Parse(time.TimeOnly, want[:8])
		return errA == nil && errB == nil && a.Sub(b).Abs() <= time.Second && got[8:] == want[8:]
	}
	if got := w.clockTimes(device); !slices.EqualFunc(got, want, same) {
		w.t.Errorf("%s was sent\n  %s\nwant\n  %s\n%s", device, strings.Join(got, "\n  "), strings.Join(want, "\n  "), w.log)
	}
}

// files lists what lies below data/.
func (w *world) files() []string {
	var all []string
	data := filepath.Join(w.dir, "data")
	filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(data, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	return all
}

func (w *world) wantFiles(want ...string) {
	w.t.Helper()
	if got := w.files(); !slices.Equal(got, want) {
		w.t.Errorf("data/ has\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(want, "\n  "), w.log)
	}
}

// wantQuiet asks that no line of the log is a warning or worse.
func (w *world) wantQuiet() {
	w.t.Helper()
	for _, line := range strings.Split(w.log.String(), "\n") {
		if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") {
			w.t.Errorf("logged: %s", line)
		}
	}
}

// edit replaces a piece of a file and makes it live, as an editor's save does.
func (w *world) edit(path, old, with string) {
	w.t.Helper()
	source, err := os.ReadFile(filepath.Join(w.dir, path))
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Count(string(source), old) != 1 {
		w.t.Fatalf("%s does not have %q once", path, old)
	}
	w.write(path, strings.Replace(string(source), old, with, 1))
	w.sync()
}

// Every example is right by hiklua check --simulate.
func TestExamplesAreRight(t *testing.T) {
	for _, dir := range exampleFolders(t) {
		report := check.Site(dir, func(string) (string, bool) { return "", false }, true)
		for _, f := range report.Findings {
			t.Errorf("%s: %s", dir, f)
		}
		code := "scripts"
		if dir == filepath.Clean(cookbook) {
			code = "recipes" // of which each is a script of a site
		}
		for _, file := range []string{"README.md", "site.yaml", code} {
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
				t.Error(err)
			}
		}
	}
}

func exampleFolders(t *testing.T) []string {
	t.Helper()
	sites, err := filepath.Glob(filepath.Join("..", "examples", "*", "site.yaml"))
	if err != nil || len(sites) < 4 {
		t.Fatalf("%d examples, %v", len(sites), err)
	}
	for i, s := range sites {
		sites[i] = filepath.Dir(s)
	}
	return sites
}

// From dusk on the dome tours; a save in between begins anew with the new
// stops; a camera that is off costs the time that it is off.
func TestPatrolTourAtDusk(t *testing.T) {
	w := newExample(t, "patrol-tour", "2026-03-04 17:30") // sunset is at 17:50:54
	w.start()
	w.run(22*time.Minute + 20*time.Second)
	first := []string{
		"17:50:54 ch1 goto 2", "17:50:56 ch1 picture",
		"17:51:16 ch1 goto 4",
		"17:51:38 ch1 goto 3",
		"17:52:00 ch1 goto 6",
		"17:52:13 ch1 goto 2", "17:52:16 ch1 picture",
	}
	w.wantClockTimes("gate", first...)
	w.wantFiles("tours/gate-yard/2026-03-04/17-50-56-door.jpg", "tours/gate-yard/2026-03-04/17-52-16-door.jpg")

	w.edit("scripts/night.lua", `{preset = "fence"}`, `{preset = "tower", dwell = "5s"}`)
	w.run(40 * time.Second)
	w.wantClockTimes("gate", append(first,
		"17:52:20 ch1 goto 2", "17:52:22 ch1 picture", // it was there already
		"17:52:42 ch1 goto 7",
		"17:52:49 ch1 goto 3",
	)...)

	// A broken edit changes nothing.
	w.edit("scripts/night.lua", `local vars = hik.vars`, `local vars = `)
	w.wantLog("the old one runs on")
	before := len(w.clockTimes("gate"))
	w.run(30 * time.Second)
	if after := len(w.clockTimes("gate")); after <= before {
		t.Errorf("after a broken edit the tour stands still\n%s", w.log)
	}

	off, err := sim.ParseFault("offline@0s-5m")
	if err != nil {
		t.Fatal(err)
	}
	w.devices["gate"].SetFaults(off)
	before = len(w.clockTimes("gate"))
	w.run(5 * time.Minute)
	if after := len(w.clockTimes("gate")); after != before {
		t.Errorf("%d commands reached a camera that is off", after-before)
	}
	w.wantLog("preset 7 (tower) not reached: gate: preset 7")
	w.run(2 * time.Minute)
	if after := len(w.clockTimes("gate")); after < before+4 {
		t.Errorf("the tour did not go on when the camera was back\n%s", w.log)
	}
}

// Started in the night, the tour begins at once. At dawn the head goes home,
// and by day it looks round.
func TestPatrolTourAtDawn(t *testing.T) {
	w := newExample(t, "patrol-tour", "2026-03-05 06:42") // sunrise is at 06:44:14
	w.start()
	w.run(30 * time.Minute)
	w.wantClockTimes("gate",
		"06:42:00 ch1 goto 2", "06:42:02 ch1 picture",
		"06:42:22 ch1 goto 4",
		"06:42:44 ch1 goto 3",
		"06:43:06 ch1 goto 6",
		"06:43:19 ch1 goto 2", "06:43:22 ch1 picture",
		"06:43:42 ch1 goto 4",
		"06:44:04 ch1 goto 3",
		"06:44:19 ch1 goto 8",
	)
	w.wantLog(`msg="the night tour is over" script=night errors=0 rounds=2 snapshots=2 stops=7 yielded=0`)

	// It looks round each half hour from the start on, but only from eight
	// o'clock.
	w.run(time.Hour + 30*time.Second)
	round := w.clockTimes("gate")[10:]
	if len(round) < 5 {
		t.Fatalf("it did not look round\n%s", w.log)
	}
	if round[0] != "08:12:00 ch1 goto 8" || round[1] != "08:12:02 ch1 continuous 20 0 0" ||
		!slices.Equal(round[len(round)-3:], []string{"08:12:14 ch1 continuous 0 0 0", "08:12:14 ch1 picture", "08:12:14 ch1 goto 8"}) {
		t.Errorf("it looked round like this:\n  %s", strings.Join(round, "\n  "))
	}
	// In between the move is renewed and nothing else.
	for _, line := range round[1 : len(round)-3] {
		if !strings.HasSuffix(line, "continuous 20 0 0") {
			t.Error(line)
		}
	}
	w.wantFiles("day/2026-03-05/08-12-14.jpg",
		"tours/gate-yard/2026-03-05/06-42-02-door.jpg", "tours/gate-yard/2026-03-05/06-43-22-door.jpg")
	w.wantQuiet()
}
