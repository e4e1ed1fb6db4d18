package runtime

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
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

const sixCameras = `timezone: Europe/Berlin
location: {lat: 52.52, lon: 13.40}
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1, stream: sub}}}
  nvr: {simulate: nvr, channels: {till: {address: 2}}}
archive:
  layout: "{device}/{name}/{date}/{time}-{label}.jpg"
  schedules:
`

// names gives the jobs that a host has, with their next runs by the site's clock.
func (w *world) jobs() []string {
	var list []string
	for _, j := range w.host.Status().Jobs {
		next := ""
		if j.Next != nil {
			next = " " + j.Next.Format("15:04:05")
		}
		list = append(list, j.Script+" "+j.Name+next)
	}
	return list
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// Pictures are taken without a script, when site.yaml says.
// A site that says nothing of an archive has one all the same.
func TestAnArchiveWithoutAWordOfIt(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local snap = hik.snapshot("gate", 1)
			print(snap:archive{label = "alarm"})
			print(#snap.bytes == snap.size)
		end)`})
	w.start()
	w.run(0)
	want(t, "printed", w.printed, "data/archive/gate/1/2026-03-04/12-00-00.jpg", "true")
}

func TestSchedulesOfSiteYAML(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, sixCameras+`
    - {channels: [gate/yard], every: 15m, between: "06:00-13:20", days: mon-fri, label: routine}
    - {channels: [nvr/till, nvr/3], cron: "0 14 * * wed"}
    - {channels: [gate/1], at: "13:05", label: noon, preset: 3}
`, nil)
	w.start()
	w.run(0)
	want(t, "jobs", w.jobs(), "site.yaml gate/yard routine 13:15:00", "site.yaml nvr/till 14:00:00", "site.yaml nvr/3 14:00:00", "site.yaml gate/yard noon 13:05:00")
	w.run(24 * 5 * time.Hour) // to Monday at 13:00
	at := w.pictures()
	expect := []string{"gate/yard/2026-03-04/13-15-00-routine.jpg", "nvr/3/2026-03-04/14-00-30.jpg", "nvr/till/2026-03-04/14-00-00.jpg"}
	for _, name := range expect {
		if !slices.Contains(at, name) {
			t.Errorf("%s is missing", name)
		}
	}
	count := func(day string, part string) (n int) {
		for _, name := range at {
			if strings.Contains(name, day) && strings.Contains(name, part) {
				n++
			}
		}
		return n
	}
	// Of 06:00 to 13:15, each day but on Saturday and Sunday.
	for day, n := range map[string]int{"03-04": 1, "03-05": 30, "03-06": 30, "03-07": 0, "03-08": 0, "03-09": 29} {
		if got := count("2026-"+day, "routine"); got != n {
			t.Errorf("%s: %d pictures, want %d", day, got, n)
		}
	}
	if count("", "noon") != 5 || count("", "nvr/") != 2 {
		t.Errorf("%v", at)
	}
	if got := w.sent("gate")[0]; got != "5m0s goto 3" {
		t.Errorf("first sent: %s", got)
	}
}

// entries reads the pictures of the archive as a stranger to the host would.
func (w *world) entries() []archive.Entry {
	w.t.Helper()
	var all []archive.Entry
	for _, name := range w.pictures() {
		f, err := os.Open(filepath.Join(w.dir, "data/archive", filepath.FromSlash(name)))
		if err != nil {
			w.t.Fatal(err)
		}
		e, err := archive.ReadEntry(f)
		f.Close()
		if err != nil {
			w.t.Fatal(name, err)
		}
		e.Path = name
		all = append(all, e)
	}
	return all
}

// Where the head looked and what the device's clock showed is in the file, of a
// schedule and of a script.
func TestPicturesTellTheHeadAndTheDevicesTime(t *testing.T) {
	w := newWorld(t, oneHead+`archive:
  schedules:
    - {channels: [gate/yard], at: "12:01", preset: 2, label: schedule}
`, map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.at("12:02", function()
			yard:preset(3, {wait = true})
			yard:snapshot():archive{label = "arrived"}
			yard:preset(4)
			yard:snapshot():archive{label = "sent"}
			hik.sleep(20)
			yard:ptz_pan_tilt(20, 0, {duration = 1})
			yard:snapshot():archive{label = "moved"}
		end)`})
	w.start()
	w.run(0)
	w.fault("gate", "clock-wrong=-90s")
	w.run(4 * time.Minute)
	found := map[string]archive.Entry{}
	for _, e := range w.entries() {
		found[e.Label] = e
		if behind := e.Taken.Sub(e.DeviceTime); behind < 90*time.Second || behind > 91*time.Second {
			t.Errorf("%s: taken %v, by the device's clock %v", e.Label, e.Taken, e.DeviceTime)
		}
	}
	for label, want := range map[string]string{"schedule": "2 true", "arrived": "3 true", "sent": "4 false", "moved": "nil"} {
		got := "nil"
		if h := found[label].Head; h != nil {
			got = fmt.Sprint(h.Preset, " ", h.Zoom >= 1)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", label, got, want)
		}
	}
	if len(found) != 4 {
		t.Errorf("%v\n%s", found, w.log)
	}
}
