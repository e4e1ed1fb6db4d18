package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

var update = flag.Bool("update", false, "write what the tables show now into testdata/tables")

// TestTablesFit compares what is shown at 80 columns with the files of
// testdata/tables, and sees that a pipe gets each line whole.
func TestTablesFit(t *testing.T) {
	for name, write := range map[string]func(*session){
		"status": func(s *session) { s.writeStatus(busySite()) },
		"jobs":   func(s *session) { s.writeTable(jobsTable(busySite())) },
		"devices": func(s *session) {
			s.writeDevicesTable([]found{
				{conf: site.Device{Name: "warehouse-recorder"}, state: device.StateOffline, err: errors.New("no answer from 192.0.2.10:80 within 5s: it may be switched off, or in another network")},
			})
		},
		"next": func(s *session) {
			s.writeRuns([]runtime.Planned{{Script: "warehouse-north", Job: "night tour of the ramps", Time: begin.UTC(),
				Note: "02:30 is passed over that night: the run is at 03:00, when the clock goes on"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			s.env["COLUMNS"] = "80"
			write(s)
			got := s.out.String()
			file := filepath.Join("testdata", "tables", name+".txt")
			if *update {
				if err := os.WriteFile(file, s.out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, file); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
			}
			for line := range strings.Lines(got) {
				if uniseg.StringWidth(strings.TrimRight(line, "\n")) > 80 {
					t.Errorf("wider than 80 columns: %s", line)
				}
			}
			s.out.Reset()
			delete(s.env, "COLUMNS")
			write(s)
			if whole := s.out.String(); strings.Count(whole, "\n") >= strings.Count(got, "\n") {
				t.Errorf("wrapped into a pipe:\n%s", whole)
			}
		})
	}
}

// busySite is the state of a host with long names and much to tell.
func busySite() runtime.Status {
	at := func(d time.Duration) *time.Time { t := begin.Add(d); return &t }
	fault := &runtime.ErrorStatus{Kind: "offline", Message: "warehouse-recorder: preset: offline: no answer from 192.0.2.10:80 within 5s", Hint: "is it switched on, and in this network? ping 192.0.2.10", Place: "scripts/warehouse-north.lua:120"}
	late := *fault
	late.Time = at(-time.Minute)
	return runtime.Status{
		Version: "devel-0123456789ab", PID: 4711, Started: begin.Add(-50 * time.Hour), Now: begin, Memory: 12e6, Goroutines: 40,
		Site: runtime.SiteStatus{Dir: "/srv/customers/a-long-name/warehouse-north", Timezone: "UTC", Error: &runtime.ErrorStatus{Message: "site.yaml:3:5: ip is missing"}},
		Devices: []runtime.DeviceStatus{
			{Status: device.Status{Name: "warehouse-recorder", State: device.StateOffline, Model: "DS-7732NXI-I4/16P/S(C)", Events: "connecting", Queue: 3}, Error: fault},
			{Status: device.Status{Name: "gate", State: device.StateOnline, Model: "DS-2DE4425IW-DE", Events: "on", Heads: []device.HeadStatus{
				{Channel: 1, Moving: true, Owner: "warehouse-north/night tour of the ramps#12", Since: at(-3 * time.Second)}}}},
		},
		Scripts: []runtime.ScriptStatus{
			{Name: "warehouse-north", State: runtime.ScriptHeld, Since: at(-time.Hour), HeldUntil: at(time.Minute), Tasks: []string{"a"}, Jobs: 2, LastError: &late},
			{Name: "day", State: runtime.ScriptRunning, Since: at(-26 * time.Hour)},
			{Name: "evening", State: runtime.ScriptAside, Since: at(-2 * time.Hour)},
		},
		Jobs: []runtime.JobStatus{
			{Script: "warehouse-north", Name: "night tour of the ramps", Kind: "at", When: "sunset-15m (mon-sat 18:00-06:00)", Next: at(5 * time.Hour), Runs: 3, Failed: 1, Skipped: 2,
				Last: &runtime.RunStatus{Scheduled: begin, Started: at(-time.Hour), Ended: at(-time.Minute), Duration: 59 * 60, Outcome: runtime.OutcomeFailed, Error: fault}},
			{Script: "day", Name: "every 1m", Kind: "every", When: "every 1m", Next: at(time.Minute), Running: 1, Runs: 12000},
			{Script: "day", Name: "gate:motion", Kind: "on", When: "gate:motion"},
		},
	}
}
