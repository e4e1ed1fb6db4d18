package rehearsal

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// told is a finding in one line, as tests want it.
func told(one timeline.Finding) string {
	text := fmt.Sprintf("%s %s %s:%d", one.Time.Format("01-02 15:04:05"), one.Kind, one.Script, one.Line)
	if one.Count != 1 {
		text += fmt.Sprintf(" %d times", one.Count)
	}
	if one.Place != "" {
		text += " " + one.Place
	}
	return text + ": " + one.Text
}

// examplesAndRecipes are the sites of examples/, and one for each recipe of the
// cookbook.
func examplesAndRecipes(t *testing.T) map[string]*site.Site {
	t.Helper()
	all := make(map[string]*site.Site)
	const examples = "../../examples"
	load := func(name, dir string) {
		s, err := site.LoadSimulated(dir, func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		all[name] = s
	}
	dirs, _ := filepath.Glob(filepath.Join(examples, "*", "site.yaml"))
	for _, path := range dirs {
		if name := filepath.Base(filepath.Dir(path)); name != "cookbook" {
			load(name, filepath.Dir(path))
		}
	}
	recipes, _ := filepath.Glob(filepath.Join(examples, "cookbook", "recipes", "*.lua"))
	if len(dirs) < 5 || len(recipes) < 30 {
		t.Fatal(len(dirs), len(recipes))
	}
	for _, path := range recipes {
		dir := t.TempDir()
		for from, to := range map[string]string{
			filepath.Join(examples, "cookbook", "site.yaml"): "site.yaml", filepath.Join(examples, "cookbook", "lib", "visit.lua"): "lib/visit.lua",
			path: filepath.Join("scripts", filepath.Base(path)),
		} {
			source, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, to), source, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		load("cookbook/"+strings.TrimSuffix(filepath.Base(path), ".lua"), dir)
	}
	return all
}

// expected are the findings that examples and recipes have, and why they are
// right.
var expected = map[string][]string{
	// On working days, and this is a weekend.
	"patrol-tour": {`03-28 18:00:00 never_runs day:7: look round (every 30m (mon-fri 08:00-18:00)) does not run in this span; next Mon 2026-03-30 08:00`},
	// Once a week, on another day.
	"cookbook/night-reboot": {`03-30 00:00:00 never_runs night-reboot:4: reboot (cron 0 4 * * sun) does not run in this span; next Sun 2026-04-05 04:00`},
}

// No false alarms: neither examples nor recipes have other findings than they
// should.
func TestFindingsOfExamples(t *testing.T) {
	for name, s := range examplesAndRecipes(t) {
		if testing.Short() && name != "preset-sweep" {
			continue // days of virtual time, in which one goroutine runs at a time: there is no race to find
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := berlin(t, "2026-03-28 18:00") // the night in which the clock changes
			if strings.HasPrefix(name, "cookbook/") {
				begin = berlin(t, "2026-03-30 00:00") // a Monday
			}
			r, err := Run(Options{
				Site: s, From: begin, For: day, Seed: 1, Version: "test", Device: exampleDevice, Scratch: t.TempDir(),
				PictureSize: func(string, int, bool) int64 { return 400_000 },
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, one := range r.Timeline.Findings {
				got = append(got, told(one))
			}
			if !slices.Equal(got, expected[name]) {
				t.Errorf("found\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(expected[name], "\n  "))
			}
		})
	}
}

// exampleDevice is a dome, or a recorder with a head on each channel, as "hiklua
// run --simulate" has them.
func exampleDevice(d site.Device, clk clock.Clock) http.RoundTripper {
	o := sim.Options{
		Name: d.Name, Model: sim.PTZ, Clock: clk, Username: d.Username, Password: d.Password.Reveal(),
		Latency: 2 * time.Millisecond, SmallPictures: true, JournalSize: 1,
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
	return sim.New(o).Transport()
}

// docs/rehearse.md explains each kind of finding, and no other.
func TestFindingsAreExplained(t *testing.T) {
	source, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/rehearse.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, m := range regexp.MustCompile(`timeline\.FindingKind = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		want = append(want, m[1])
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(string(page), -1) {
		got = append(got, m[1])
	}
	if len(want) < 10 || !slices.Equal(got, want) {
		t.Errorf("explained\n%q\nwant\n%q", got, want)
	}
	if rate := fmt.Sprintf("%d commands a minute for a camera and %d for a recorder", cameraRate, recorderRate); !strings.Contains(string(page), rate) {
		t.Errorf("it does not say %q", rate)
	}
}
