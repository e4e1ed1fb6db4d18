package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// Every two hours by day, not on Sundays; both heads at once, commands one by
// one; a head that is off does not hold up the other.
func TestPresetSweep(t *testing.T) {
	w := newExample(t, "preset-sweep", "2026-03-07 19:59") // a Saturday
	w.start()
	w.run(2 * time.Minute)
	first := []string{
		"20:00:00 ch1 goto 1", "20:00:00 ch2 goto 2",
		"20:00:03 ch1 picture", "20:00:03 ch1 goto 3",
		"20:00:04 ch2 picture", "20:00:04 ch2 goto 6",
		"20:00:08 ch1 picture", "20:00:08 ch1 goto 4",
		"20:00:09 ch2 picture", "20:00:09 ch2 goto 8",
		"20:00:12 ch1 picture", "20:00:12 ch1 goto 8",
	}
	w.wantClockTimes("nvr", first...)
	w.wantPrinted("nvr/yard: 3 of 3 pictures", "nvr/ramp: 2 of 2 pictures")
	w.wantFiles(
		"sweep/ramp/2026-03-07/20-00-04-door.jpg", "sweep/ramp/2026-03-07/20-00-09-street.jpg",
		"sweep/yard/2026-03-07/20-00-03-gate.jpg", "sweep/yard/2026-03-07/20-00-08-parking.jpg",
		"sweep/yard/2026-03-07/20-00-12-fence.jpg",
	)
	for _, e := range w.devices["nvr"].Journal() {
		if e.Overlap {
			t.Errorf("%s %s while another request was under way", e.Start.Format(time.TimeOnly), e.What)
		}
	}
	w.run(34*time.Hour - 3*time.Minute) // until Monday 05:58
	w.wantClockTimes("nvr", first...)
	w.wantQuiet()

	w.devices["nvr"].SetOnline(2, false)
	w.run(5 * time.Minute)
	if next := w.clockTimes("nvr")[len(first):]; len(next) == 0 || !strings.HasPrefix(next[0], "06:00:00") {
		t.Errorf("on Monday it went at %v", next)
	}
	w.wantLog("no sweep of nvr/ramp")
	if last := w.printed[2:]; !slices.Equal(last, []string{"nvr/yard: 3 of 3 pictures", "nvr/ramp: 0 of 2 pictures"}) {
		t.Errorf("printed %q", last)
	}
}

// Quarters of an hour by day, full hours by night, the shop at closing time, and
// who comes to the door at night; a camera that is off costs its own pictures.
func TestSnapshotArchive(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newExample(t, "snapshot-archive", "2026-03-04 18:20")
	w.start()
	w.run(10*time.Minute + 5*time.Second)
	off, err := sim.ParseFault("offline@0s-31m")
	if err != nil {
		t.Fatal(err)
	}
	w.devices["door"].SetFaults(off) // over 18:45 and 19:00
	w.run(3*time.Hour - 15*time.Minute)
	w.devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 10 * time.Second})
	w.run(time.Minute)

	counts, door := map[string]int{}, []string{}
	for _, file := range w.pictures() {
		parts := strings.Split(file, "/")
		_, label, _ := strings.Cut(strings.TrimSuffix(parts[3], ".jpg")[6:], "-") // of 18-30-00-closing
		counts[parts[0]+"/"+parts[1]+" "+label]++
		if parts[0] == "door" {
			door = append(door, parts[3][:5]+" "+label)
		}
	}
	want := []string{"18-30 ", "19-15 ", "19-30 ", "19-45 ", "20-00 ", "21-00 ", "21-15 alarm"}
	if !slices.Equal(door, want) {
		t.Errorf("the door's pictures: %v, want %v\n%s", door, want, w.log)
	}
	if got, want := fmt.Sprint(counts), "map[door/entrance :6 door/entrance alarm:1 nvr/ramp :8 nvr/store :6 nvr/store closing:1 nvr/till :6 nvr/till closing:1]"; got != want {
		t.Errorf("files %v\nwant  %s", got, want)
	}
	if n := strings.Count(w.log.String(), "level=ERROR"); n != 1 {
		t.Errorf("the camera that is off was reported %d times\n%s", n, w.log)
	}
	for _, e := range w.devices["nvr"].Journal() {
		if e.What == "picture" && e.Channel == 3 && !strings.Contains(e.Path, "/302/") {
			t.Errorf("the store's picture is not of its sub stream: %s", e.Path)
		}
	}
}

// The tools of ad-hoc do what their first lines say, and its script looks at
// the clocks.
func TestAdHoc(t *testing.T) {
	w := newExample(t, "ad-hoc", "2026-03-04 04:00")
	w.start()
	w.run(time.Minute)
	exec := func(file string, args ...string) {
		t.Helper()
		source, err := os.ReadFile(filepath.Join(w.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var result Result
		w.clk.Go(func() { result = w.host.Exec(t.Context(), Program{Name: file, Source: source, Args: args}) })
		w.run(time.Minute)
		if result.Err != nil || result.Failed > 0 {
			t.Errorf("%s: %v\n%s", file, result.Err, w.log)
		}
	}
	w.devices["nvr"].SetOnline(3, false)
	exec("tools/contact-sheet.lua")
	w.wantFiles("sheet/gate-1.jpg", "sheet/nvr-1.jpg", "sheet/nvr-2.jpg", "sheet/nvr-4.jpg")
	if !slices.Contains(w.printed, "nvr 3 till: offline") {
		t.Errorf("printed %q", w.printed)
	}
	exec("tools/name-preset.lua", "gate", "9", "bicycle rack")
	if last := w.printed[len(w.printed)-1]; last != "9\tbicycle rack" {
		t.Errorf("printed %q", w.printed)
	}

	wrong, err := sim.ParseFault("clock-wrong=-2m")
	if err != nil {
		t.Fatal(err)
	}
	w.devices["nvr"].SetFaults(wrong)
	w.run(15 * time.Minute)
	w.wantLog("nvr: its clock is -120 s off")
	if strings.Contains(w.log.String(), "gate: its clock") {
		t.Errorf("the gate's clock is right\n%s", w.log)
	}
}
