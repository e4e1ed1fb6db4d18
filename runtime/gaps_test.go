package runtime

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/files"
)

const gapSite = `timezone: UTC
devices:
  gate: {simulate: ptz, status_interval: 30s, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr}
archive:
  schedules:
    - {channels: [gate/yard, "nvr/*"], every: 10m, label: routine}
`

const gapScript = `
	local function say(ev)
		print(("%s %s %s %s"):format(ev.type, ev.state, ev.device .. "/" .. ev.channel, ev.reason or ""))
	end
	hik.device("gate"):on("gap", {state = "both", overlap = "queue"}, say)
	hik.device("gate"):channel("yard"):on("frozen", {state = "both", overlap = "queue"}, say)
	hik.on("nvr/3:gap", {overlap = "queue"}, say)
`

// A camera that is off for an hour is a gap: told once, with its end, in the
// status and in the report. The other cameras have none.
func TestGapOfACameraThatIsOff(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, gapSite, map[string]string{"scripts/a.lua": gapScript})
	w.start()
	w.run(65 * time.Minute)
	w.wantPrinted()
	off, err := sim.ParseFault("offline")
	if err != nil {
		t.Fatal(err)
	}
	w.head().SetFaults(off)
	w.run(30 * time.Minute)
	st := w.host.Status()
	if len(st.Archive.Gaps) != 1 || st.Archive.Gaps[0].Missing != 3 || !strings.HasPrefix(st.Archive.Gaps[0].Text, "gate/yard offline since 2026-03-04 13:0") {
		t.Errorf("%+v\n%s", st.Archive.Gaps, w.log)
	}
	w.run(30 * time.Minute)
	w.head().SetFaults()
	w.run(55 * time.Minute)
	w.wantPrinted("gap start gate/1 offline", "gap stop gate/1 offline")
	if st := w.host.Status(); len(st.Archive.Gaps) != 0 {
		t.Errorf("%+v", st.Archive.Gaps)
	}
	w.end()
	all := w.report()
	if len(all) != 5 || !strings.HasPrefix(all[0], "6 of 17 missing: gate/yard offline 13:0") {
		t.Errorf("%s", strings.Join(all, "\n"))
	}
	for _, line := range all[1:] {
		if !strings.HasPrefix(line, "0 of ") {
			t.Error(line)
		}
	}
	w.wantLog(`msg="pictures are missing in the archive" channels=gate/yard why=offline`)
}

// report is what hiklua archive gaps has to say of the day.
func (w *world) report() []string {
	w.t.Helper()
	r, err := Gaps(w.host.site(), filepath.Join(w.dir, "data"), gaps.Query{}, w.clk.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, l := range r.Lines {
		lines = append(lines, l.Text(time.UTC))
	}
	return lines
}

// A camera that answers, but with errors, and one whose picture stands still.
func TestGapOfErrorsAndFrozenPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, gapSite, map[string]string{"scripts/a.lua": gapScript})
	var picture []byte
	mode := ""
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, "/picture") || r.Header.Get("Authorization") == "" || mode == "" {
			return device.RoundTrip(r)
		}
		if mode == "busy" {
			return &http.Response{StatusCode: 503, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
		}
		resp, err := device.RoundTrip(r)
		if err != nil || resp.StatusCode != 200 {
			return resp, err
		}
		// The camera goes on answering with the first one.
		if picture == nil {
			if picture, err = io.ReadAll(resp.Body); err != nil {
				t.Fatal(err)
			}
		}
		resp.Body.Close()
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(picture)), int64(len(picture))
		resp.Header.Set("Content-Length", strconv.Itoa(len(picture)))
		return resp, nil
	}
	w.start()
	w.run(25 * time.Minute)
	mode = "busy"
	w.run(30 * time.Minute)
	mode = "frozen"
	w.run(40 * time.Minute)
	mode = ""
	w.run(20 * time.Minute)
	w.wantPrinted("gap start gate/1 busy", "gap stop gate/1 busy", "frozen start gate/1 ", "frozen stop gate/1 ")
	w.end()
	if all := w.report(); len(all) != 5 || !strings.Contains(all[0], "missing: gate/yard busy 12:30-13:00") {
		t.Errorf("%s", strings.Join(all, "\n"))
	}
	w.wantLog("the picture stands still: 3 in a row are the same to the byte")
}

// The host was off, and says so.
func TestGapOfTheHost(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, gapSite, map[string]string{"scripts/a.lua": gapScript})
	w.start()
	w.run(time.Hour + time.Minute)
	w.end()
	w.run(2 * time.Hour)
	all := w.report()
	if want := "12 of 18 missing: host not running since 2026-03-04 13:01"; all[0] != want {
		t.Errorf("%q, want %q", all[0], want)
	}
	again := w.next(0, map[string]string{"scripts/a.lua": gapScript})
	again.host.files = files.NewFolder(filepath.Join(again.dir, "data"))
	again.start()
	again.run(time.Hour)
	again.end()
	for i, line := range again.report() {
		if !strings.HasSuffix(line, "missing: host not running 13:01-15:02") {
			t.Errorf("%d: %s", i, line)
		}
	}
	if n := len(again.printed); n != 3 { // of channel 3 of the recorder only the start
		t.Errorf("printed %d lines: %s", n, fmt.Sprint(again.printed))
	}
}
