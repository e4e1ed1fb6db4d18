package runtime

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// An archive whose folder is taken away is told by status and once in the log, by
// each picture, and by nothing else: tours go on, no folder is made, and when it
// is back pictures are taken by themselves.
func TestAnArchiveThatIsAway(t *testing.T) {
	w := newWorld(t, oneHead+`archive:
  keep: 30d
  schedules:
    - {channels: [gate/yard], every: 1h}
`, map[string]string{"scripts/tour.lua": `
		hik.every("10m", {name = "tour"}, function()
			hik.preset("gate", 1, 1 + math.random(3))
			hik.snapshot("gate", 1)
		end)`}, func(o *sim.Options) { o.SmallPictures = true })
	w.start()
	w.run(90 * time.Minute)
	dir, away := filepath.Join(w.dir, "data/archive"), filepath.Join(w.dir, "away")
	w.wantPictures("gate/1/2026-03-04/13-00-00.jpg")
	if st := w.host.Status().Archive; st == nil || st.Error != nil || st.Files != 1 {
		t.Fatalf("%+v", st)
	}
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	tours := func() (n int) {
		for _, j := range w.host.Status().Jobs {
			if j.Name == "tour" && (j.Last == nil || j.Last.Outcome == "ok") {
				n = j.Runs
			}
		}
		return n
	}
	before := tours()
	w.run(3 * time.Hour)
	if n := tours() - before; n != 18 {
		t.Errorf("%d tours while the archive was away, want 18", n)
	}
	st := w.host.Status().Archive
	if st == nil || st.Error == nil || !strings.Contains(st.Error.Message, "the folder is gone") || !strings.Contains(st.Error.Hint, "goes on by itself") {
		t.Fatalf("%+v", st)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("the folder was made anew")
	}
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	w.run(time.Hour)
	if st := w.host.Status().Archive; st.Error != nil || st.Files != 2 {
		t.Errorf("%+v %v", st, st.Error)
	}
	w.wantPictures("gate/1/2026-03-04/13-00-00.jpg", "gate/1/2026-03-04/17-00-00.jpg")
	if n := strings.Count(w.log.String(), "level=ERROR"); n > 4 { // of the index, and of three pictures
		t.Errorf("%d errors\n%s", n, w.log)
	}
}

// A host that begins while its archive is away starts all the same.
func TestAHostWithoutItsArchive(t *testing.T) {
	w := newWorld(t, oneHead+"archive: {keep: 30d, path: ../outside/archive}\n", map[string]string{"scripts/a.lua": `
		hik.every("1h", function() hik.snapshot("gate", 1):archive() end)`})
	outside := filepath.Join(w.dir, "../outside")
	if err := os.WriteFile(outside, nil, 0o600); err != nil { // a file in the place of a folder above it
		t.Fatal(err)
	}
	w.start()
	w.run(3 * time.Hour)
	if st := w.host.Status(); st.Archive == nil || st.Archive.Error == nil || strings.Contains(st.Archive.Error.Message, "\n") {
		t.Errorf("%+v", st.Archive)
	}
	if err := os.Remove(outside); err != nil {
		t.Fatal(err)
	}
	w.run(time.Hour)
	if st := w.host.Status().Archive; st == nil || st.Error != nil || st.Files != 1 {
		t.Errorf("%+v\n%s", st, w.log)
	}
}
