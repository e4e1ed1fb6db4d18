package rehearsal

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// from is a winter day in Berlin.
var from = time.Date(2026, time.January, 14, 12, 0, 0, 0, time.UTC)

// newSite writes a site: site.yaml, and the files of scripts/ by name.
func newSite(t testing.TB, yaml string, scripts map[string]string) *site.Site {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("site.yaml", "timezone: Europe/Berlin\n"+yaml)
	for name, text := range scripts {
		write("scripts/"+name+".lua", text)
	}
	s, err := site.LoadSimulated(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const oneHead = `
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
`

// head is a simulated dome.
func head(d site.Device, clk clock.Clock) http.RoundTripper {
	return sim.New(sim.Options{
		Name: d.Name, Model: sim.Model(d.Simulate), Clock: clk, Username: d.Username, Password: d.Password.Reveal(),
		Latency: 2 * time.Millisecond, SmallPictures: true,
	}).Transport()
}

func rehearse(t testing.TB, s *site.Site, span time.Duration) *Result {
	t.Helper()
	r, err := Run(Options{Site: s, From: from, For: span, Seed: 1, Version: "test", Device: head, Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text is the timeline with all that is in it.
func text(t testing.TB, r *Result) string {
	t.Helper()
	var b strings.Builder
	if err := r.Timeline.Text(&b, timeline.TextOptions{Full: true}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// folded is the timeline as people get it.
func folded(t testing.TB, r *Result) string {
	t.Helper()
	var b strings.Builder
	if err := r.Timeline.Text(&b, timeline.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tree is a hash of everything in a folder.
func tree(t testing.TB, dir string) string {
	t.Helper()
	hash := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(hash, path, info.Mode(), info.ModTime().UnixNano())
		if d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			hash.Write(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

func TestADayOfASite(t *testing.T) {
	s := newSite(t, oneHead, map[string]string{"round": `
		local yard = hik.device("gate"):channel("yard")
		hik.every("6h", {name = "look"}, function()
			yard:preset("door")
			hik.sleep("10s")
			yard:snapshot():archive()
			yard:ptz_pan_tilt(20, 0, {duration = "3s"})
			print("done")
		end)`})
	before := tree(t, s.Dir)
	got := text(t, rehearse(t, s, 12*time.Hour+time.Minute))
	for _, want := range []string{
		`Wed 14 Jan 19:00:00  goes to preset 2 "door"  [round/look]`,
		`Wed 14 Jan 19:00:10  archives a picture, data/archive/gate/1/2026-01-14/19-00-10.jpg`,
		`turns right at 20 %, 3 s  [round/look]`,
		`Thu 15 Jan 01:00:00  runs for 13 s`,
		`says: done`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	if after := tree(t, s.Dir); after != before {
		t.Error("the site has changed")
	}
}
