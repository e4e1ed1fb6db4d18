package runtime

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// A recorder of 32 channels is never asked for two pictures at once, and not for
// all of them one right after the other.
func TestPicturesOfARecorderAreSpread(t *testing.T) {
	var channels []sim.ChannelOptions
	for n := range 32 {
		channels = append(channels, sim.ChannelOptions{ID: n + 1, MainWidth: 64, MainHeight: 48})
	}
	w := newWorld(t, `timezone: UTC
devices:
  nvr: {simulate: nvr, channels: {till: {address: 2}}}
archive:
  layout: "{device}/{name}/{date}/{time}.jpg"
  schedules: [{channels: ["nvr/*"], every: 10m}]
`, nil, func(o *sim.Options) { o.Channels, o.PictureLatency = channels, 300*time.Millisecond })
	var started []time.Duration
	inFlight, most := 0, 0
	w.via["nvr"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, "/picture") {
			return device.RoundTrip(r)
		}
		inFlight++
		most = max(most, inFlight)
		defer func() { inFlight-- }()
		if r.Header.Get("Authorization") != "" {
			started = append(started, w.clk.Now().Sub(noon))
		}
		return device.RoundTrip(r)
	}
	w.start()
	w.run(10*time.Minute - time.Second)
	if got := len(w.jobs()); got != 32 {
		t.Fatalf("%d jobs: %v", got, w.jobs())
	}
	w.run(2 * time.Minute)
	if most != 1 || len(started) != 32 {
		t.Errorf("%d pictures, %d at once", len(started), most)
	}
	least := time.Hour
	for i := 1; i < len(started); i++ {
		least = min(least, started[i]-started[i-1])
	}
	if first, last := started[0], started[len(started)-1]; first != 10*time.Minute || last > 11*time.Minute || least < time.Second {
		t.Errorf("from %v to %v, at least %v apart", first, last, least)
	}
	if got := w.pictures(); len(got) != 32 || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "nvr/till/2026-03-04/12-10-") }) {
		t.Errorf("%d pictures: %v", len(got), got)
	}
}

// A device that does not tell its channels yet is asked until it does; those of
// site.yaml have their pictures meanwhile.
func TestAllChannelsOfADeviceThatComesLater(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  nvr: {simulate: nvr, channels: {till: {address: 2}}}
archive:
  schedules: [{channels: ["*/*"], every: 1h}]
`, nil)
	w.start()
	w.fault("nvr", "offline")
	w.run(5 * time.Minute)
	want(t, "jobs", w.jobs(), "site.yaml nvr/till 13:00:00")
	w.devices["nvr"].SetFaults()
	w.run(5 * time.Minute)
	if got := w.jobs(); len(got) != 4 {
		t.Errorf("%v\n%s", got, w.log)
	}
	if n := strings.Count(w.log.String(), "has not told yet"); n > 1 {
		t.Errorf("told %d times", n)
	}
}

// A head that a task has for itself is waited for; while it waits, other
// channels have their pictures.
func TestSchedulesWaitForALease(t *testing.T) {
	w := newWorld(t, oneHead+`archive:
  schedules: [{channels: [gate/yard], at: "12:01", preset: 5}]
`, map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:exclusive(function()
				yard:preset(1, {wait = true})
				hik.sleep("2m")
				yard:preset(2, {wait = true})
			end)
		end)`})
	w.start()
	w.run(2 * time.Minute)
	if got := w.pictures(); len(got) > 0 {
		t.Errorf("taken in the lease of another task: %v", got)
	}
	w.run(time.Minute)
	var sent []string
	for _, s := range w.sent("gate") {
		sent = append(sent, s[strings.Index(s, " ")+1:])
	}
	if got := strings.Join(sent, ", "); got != "goto 1, goto 2, goto 5, picture" {
		t.Errorf("%s\n%s", got, w.log)
	}
}

// Without its preset a picture is not taken, and the job says so.
func TestAPresetThatIsMissing(t *testing.T) {
	for preset, why := range map[string]string{"nowhere": "no preset named", "77": "", "94": "reboots the camera"} {
		w := newWorld(t, oneHead+fmt.Sprintf(`archive:
  schedules: [{channels: [gate/yard], every: 10m, preset: %s}]
`, preset), nil)
		w.start()
		w.run(35 * time.Minute)
		if got := w.pictures(); len(got) > 0 {
			t.Errorf("%s: %v", preset, got)
		}
		j := w.host.Status().Jobs[0]
		if j.Last == nil || j.Last.Outcome != "failed" || j.Last.Error == nil || !strings.Contains(j.Last.Error.Message+j.Last.Error.Hint, why) {
			t.Errorf("%s: %+v", preset, j.Last)
		}
		if n := strings.Count(w.log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%s: told %d times\n%s", preset, n, w.log)
		}
		w.end()
	}
}

// site.yaml that is saved changes what is taken; what stays keeps its times, and
// a picture that is being taken is not lost.
func TestSchedulesOverAReload(t *testing.T) {
	begin := oneHead + "archive:\n  schedules:\n    - {channels: [gate/yard], every: 10m, label: a}\n"
	w := newWorld(t, begin, nil, func(o *sim.Options) { o.PictureLatency = 5 * time.Second })
	w.start()
	w.run(10*time.Minute + 2*time.Second) // one is under way
	w.write("site.yaml", begin+"    - {channels: [gate/1], every: 1h, label: b}\n")
	w.sync()
	want(t, "jobs", w.jobs(), "site.yaml gate/yard a 12:20:00", "site.yaml gate/yard b 13:00:00")
	w.run(21 * time.Minute)
	want(t, "pictures", w.pictures(), "gate/1/2026-03-04/12-10-05.jpg", "gate/1/2026-03-04/12-20-05.jpg", "gate/1/2026-03-04/12-30-05.jpg")
	w.write("site.yaml", oneHead)
	w.sync()
	want(t, "jobs", w.jobs())
	w.write("site.yaml", oneHead+"archive:\n  layout: \"{label}/{date}/{hour}-{minute}-{second}.jpg\"\n  schedules: [{channels: [gate/1], at: \"12:45\", label: c}]\n")
	w.sync()
	w.run(20 * time.Minute)
	if got := w.pictures(); !slices.Contains(got, "c/2026-03-04/12-45-05.jpg") || len(got) != 4 {
		t.Errorf("%v\n%s", got, w.log)
	}
}

// A picture that breaks off is taken once more; one that is none is an error.
func TestPicturesThatBreakOff(t *testing.T) {
	w := newWorld(t, oneHead+"archive:\n  schedules: [{channels: [gate/yard], every: 10m}]\n", nil)
	w.start()
	w.run(9 * time.Minute)
	w.fault("gate", "cut")
	w.run(2 * time.Minute)
	want(t, "pictures", w.pictures())
	if j := w.host.Status().Jobs[0]; j.Last == nil || j.Last.Outcome != "failed" {
		t.Errorf("%+v", j.Last)
	}
	w.devices["gate"].SetFaults()
	w.run(10 * time.Minute)
	want(t, "pictures", w.pictures(), "gate/1/2026-03-04/12-20-00.jpg")
	for _, name := range w.filesBelow("data/archive") {
		if strings.HasSuffix(name, ".part") {
			t.Errorf("left behind: %s", name)
		}
	}
}

// A recorder that sends the sub stream's picture is asked for the whole one.
func TestSubStreamPicturesAreNotArchived(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  nvr: {simulate: nvr}\narchive:\n  schedules: [{channels: [nvr/1], every: 10m}]\n",
		nil, func(o *sim.Options) { o.SubPictures = true })
	w.start()
	w.run(25 * time.Minute)
	for _, e := range w.entries() {
		if e.Width != 1280 || e.Height != 720 {
			t.Errorf("%s is %dx%d", e.Path, e.Width, e.Height)
		}
	}
	if n := len(w.pictures()); n != 2 {
		t.Errorf("%d pictures\n%s", n, w.log)
	}
}

// What is to come is told without asking a device.
func TestSchedulesInThePreview(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr}
archive:
  schedules:
    - {channels: [gate/yard], every: 6h}
    - {channels: ["nvr/*"], at: "13:00", label: noon}
`, nil)
	var runs []Planned
	var none []Unplanned
	w.clk.Go(func() { runs, none = w.host.Preview(2, nil) })
	w.run(time.Minute)
	var got []string
	for _, r := range runs {
		got = append(got, r.Script+" "+r.Job+" "+r.Time.Format("02 15:04"))
	}
	want(t, "runs", got, "site.yaml gate/yard 04 18:00", "site.yaml gate/yard 05 00:00")
	if len(none) != 1 || none[0].Job != "nvr/* noon" || !strings.Contains(none[0].Why, "asked for its channels") {
		t.Errorf("%+v", none)
	}
}
