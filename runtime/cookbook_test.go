package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/check"
)

const cookbook = "../examples/cookbook"

// newRecipe is a site with one recipe of the cookbook in scripts/, in a folder
// that the host keeps its state in.
func newRecipe(t *testing.T, name, begin string) *world {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{
		"site.yaml": "site.yaml", "lib/visit.lua": "lib/visit.lua", "recipes/" + name + ".lua": "scripts/" + name + ".lua",
	} {
		source, err := os.ReadFile(filepath.Join(cookbook, from))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), source, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w := newSimulated(t, dir, begin)
	w.keeps()
	return w
}

// did lists what a device did at whose request, by its own clock, without the
// questions that it was asked: "17:56:00 ch1 goto 2".
func (w *world) did(device string) []string {
	orders := regexp.MustCompile(`^(goto|picture|absolute|continuous|aux|output|reboot|set|start|stop|pause) `)
	var all []string
	for _, e := range w.devices[device].Journal() {
		if e.Status == 200 && orders.MatchString(e.What+" ") {
			all = append(all, fmt.Sprintf("%s ch%d %s", e.Start.Format("15:04:05"), e.Channel, e.What))
		}
	}
	return all
}

// wantDid allows two seconds: how long a head takes is the simulator's matter.
func (w *world) wantDid(device string, want ...string) {
	w.t.Helper()
	got := w.did(device)
	same := slices.EqualFunc(got, want, func(got, want string) bool {
		a, errA := time.Parse(time.TimeOnly, got[:8])
		b, errB := time.Parse(time.TimeOnly, want[:8])
		return errA == nil && errB == nil && a.Sub(b).Abs() <= 2*time.Second && got[8:] == " "+want[9:]
	})
	if !same {
		w.t.Errorf("%s did\n  %s\nwant\n  %s\n%s", device, strings.Join(got, "\n  "), strings.Join(want, "\n  "), w.log)
	}
}

// wantFile asks that a file below data/ matches a pattern.
func (w *world) wantFile(path, pattern string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "data", path))
	if err != nil || !regexp.MustCompile(pattern).Match(text) {
		w.t.Errorf("%s: %v\n%.300q\nwant %s\n%s", path, err, text, pattern, w.log)
	}
}

// raise lets a camera notice something for ten seconds.
func (w *world) raise(device, what string) {
	w.t.Helper()
	if !w.devices[device].Raise(sim.Alert{Type: what, Channel: 1, For: 10 * time.Second}) {
		w.t.Errorf("%s does not notice %s", device, what)
	}
}

// wantNoLog asks that the log lacks a text.
func (w *world) wantNoLog(piece string) {
	w.t.Helper()
	if strings.Contains(w.log.String(), piece) {
		w.t.Errorf("logged: %s\n%s", piece, w.log)
	}
}

// recipe is when the test of a file of the cookbook begins, and what it asks.
type recipe struct {
	begin string
	test  func(w *world)
}

// TestCookbook runs every recipe in virtual time against simulated devices.
func TestCookbook(t *testing.T) {
	if raceEnabled {
		t.Skip("takes long under the race detector, and shares nothing that other tests do not")
	}
	files, err := filepath.Glob(cookbook + "/recipes/*.lua")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d recipes, %v", len(files), err)
	}
	all := map[string]recipe{}
	for _, some := range []map[string]recipe{headRecipes, pictureRecipes, watchRecipes, officeRecipes} {
		for name, r := range some {
			all[name] = r
		}
	}
	whole := t.TempDir() // all of them in one site
	if err := os.CopyFS(whole, os.DirFS(cookbook)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(whole, "recipes"), filepath.Join(whole, "scripts")); err != nil {
		t.Fatal(err)
	}
	for _, f := range check.Site(whole, noEnv, true).Findings {
		t.Error(f)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".lua")
		t.Run(name, func(t *testing.T) {
			r, ok := all[name]
			if !ok {
				t.Fatal("no test")
			}
			w := newRecipe(t, name, r.begin)
			w.start()
			r.test(w)
		})
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
