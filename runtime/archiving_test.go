package runtime

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filesBelow lists the files below a folder of the site, with slashes.
func (w *world) filesBelow(dir string) []string {
	w.t.Helper()
	var all []string
	top := filepath.Join(w.dir, filepath.FromSlash(dir))
	filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(top, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	return all
}

// pictures lists the pictures of data/archive.
func (w *world) pictures() []string {
	var all []string
	for _, file := range w.filesBelow("data/archive") {
		if !strings.HasPrefix(file, ".hiklua/") {
			all = append(all, file)
		}
	}
	return all
}

func (w *world) wantPictures(want ...string) {
	w.t.Helper()
	if got := w.pictures(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("the archive has\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestASnapshotIsArchived(t *testing.T) {
	w := newWorld(t, oneHead+`archive: {layout: "{device}/{name}/{date}/{time}-{label}-{event}.jpg"}`, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local snap = hik.snapshot("gate", "yard")
			local before = snap.bytes
			print(snap:archive{label = "alarm", event = {type = "motion"}})
			print(snap:archive())
			print(snap:archive())
			print(#snap.bytes == snap.size, #before < snap.size)
			print(pcall(snap.archive, snap, {label = "a/b"}))
		end)`})
	w.start()
	w.run(0)
	want := []string{"data/archive/gate/yard/2026-03-04/12-00-00-alarm-motion.jpg",
		"data/archive/gate/yard/2026-03-04/12-00-00.jpg", "data/archive/gate/yard/2026-03-04/12-00-00-2.jpg", "true\ttrue"}
	if len(w.printed) < 5 || strings.Join(w.printed[:4], "\n") != strings.Join(want, "\n") {
		t.Errorf("printed\n%s\n%s", strings.Join(w.printed, "\n"), w.log)
	} else if !strings.Contains(w.printed[4], `label "a/b"`) {
		t.Error(w.printed[4])
	}
	for _, name := range want[:3] {
		if data, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(name))); err != nil || len(data) < 100 {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}
