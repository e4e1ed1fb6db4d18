package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/device"
)

// TestStatusSaysFirst: what must not be overlooked is the first line, and in
// JSON.
func TestStatusSaysFirst(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := t.TempDir()
	_, port, _ := strings.Cut(p.server.Addr(), ":")
	write(t, dir, map[string]string{
		"site.yaml":     strings.NewReplacer("ADDR", p.server.Addr(), "PORT", port).Replace(turningSite),
		"scripts/a.lua": `hik.state.n = 1 print("one")`,
	})
	// A state file that can be neither read nor made.
	err := errors.Join(os.Mkdir(filepath.Join(dir, "data"), 0o700), os.Symlink("/nowhere/state.db", filepath.Join(dir, "data", "state.db")))
	if err != nil {
		t.Fatal(err)
	}
	p.launch(dir, []string{"run"})
	p.logs("1 script live")
	for p.status().Devices[0].State != device.StateOnline {
		time.Sleep(10 * time.Millisecond)
	}
	out, _, _ := p.ask("", "status")
	if !strings.HasPrefix(out, "STATE NOT KEPT: ") {
		t.Error(out)
	}
	if st := p.status(); st.StateError == nil || st.Site.Simulated || st.Devices[0].Simulated {
		t.Errorf("%+v", st)
	}
	out, errs, status := p.ask("", "status", "--check")
	if status != statusFailure || errs != "" || !strings.HasPrefix(out, "not ok: state not kept: ") || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %q %q", status, out, errs)
	}
	p.signal(syscall.SIGTERM)
	p.ends()
	out, errs, status = p.ask("", "status", "--check")
	if status != statusFailure || errs != "" || !strings.HasPrefix(out, "not ok: no host runs") {
		t.Errorf("%d %q %q", status, out, errs)
	}

	// Simulated beside a real address.
	p.launch(dir, []string{"run", "--simulate"})
	p.logs("1 script live")
	for p.status().Devices[0].State != device.StateOnline {
		time.Sleep(10 * time.Millisecond)
	}
	for _, command := range []string{"status", "jobs"} {
		if out, _, _ = p.ask("", command); !strings.HasPrefix(out, "SIMULATED: every device is software") {
			t.Errorf("%s: %s", command, out)
		}
	}
	if st := p.status(); st.StateError != nil || !st.Site.Simulated || !st.Devices[0].Simulated {
		t.Errorf("%+v", st)
	}
	out, _, status = p.ask("", "status", "--check")
	if status != statusOK || !strings.HasPrefix(out, "ok: 1 of 1 device online, 1 script; SIMULATED: ") {
		t.Errorf("%d %q", status, out)
	}
	p.signal(syscall.SIGTERM)
	p.ends()

	var list []jsonDevice
	out, _, _ = p.ask("", "devices", "--simulate", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 || !list[0].Simulated {
		t.Errorf("%v %s", err, out)
	}
	out, _, _ = p.ask("", "doctor", "--simulate", "--json")
	wants(t, out, `"simulated": true`)
	out, _, _ = p.ask("", "devices", "--json")
	if strings.Contains(out, "simulated\":") {
		t.Error(out)
	}
}

// TestStatusCheck: one line names what is wrong.
func TestStatusCheck(t *testing.T) {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	since := now.Add(-time.Hour)
	up := func(name, state string) runtime.DeviceStatus {
		return runtime.DeviceStatus{Status: device.Status{Name: name, State: state, Since: &since}}
	}
	fine := runtime.Status{Now: now, Devices: []runtime.DeviceStatus{up("gate", device.StateOnline)}, Scripts: []runtime.ScriptStatus{{Name: "tour", State: runtime.ScriptRunning}}}
	for _, tt := range []struct {
		name   string
		change func(st *runtime.Status)
		want   string
	}{
		{"fine", func(*runtime.Status) {}, "ok: 1 of 1 device online, 1 script"},
		{"offline", func(st *runtime.Status) {
			st.Devices = []runtime.DeviceStatus{up("gate", device.StateOnline), up("yard", device.StateOffline)}
		}, "not ok: 1 of 2 devices online (yard offline since 14:00:00); 1 script"},
		{"many", func(st *runtime.Status) {
			for range 7 {
				st.Devices = append(st.Devices, up("x", device.StateLocked))
			}
		}, "and 2 more); 1 script"},
		{"scripts", func(st *runtime.Status) {
			st.Scripts = []runtime.ScriptStatus{{Name: "a", State: runtime.ScriptHeld}, {Name: "b", State: runtime.ScriptBroken}, {Name: "c", State: runtime.ScriptRunning, Edit: &runtime.ErrorStatus{}}}
		}, "not ok: a held back, b not loaded, c was saved with an error; 1 of 1"},
		{"state", func(st *runtime.Status) { st.StateError = &runtime.ErrorStatus{Message: "the disk\nis full"} }, "not ok: state not kept: the disk is full; "},
		{"head", func(st *runtime.Status) {
			st.Devices[0].Heads = []device.HeadStatus{{Channel: 2, Moving: true, Stopping: true, Refused: "timeout"}}
		}, "not ok: gate channel 2 may be moving"},
		{"adrift", func(st *runtime.Status) { st.Adrift = []runtime.AdriftHead{{Device: "barn", Channel: 1}} }, "not ok: channel 1 of barn was left moving"},
		{"aside", func(st *runtime.Status) {
			st.Scripts = []runtime.ScriptStatus{{Name: "a", State: runtime.ScriptAside, Since: &since}}
		}, "not ok: a set aside since 14:00:00; 1 of 1"},
		{"job", func(st *runtime.Status) {
			failed, cut := runtime.RunStatus{Started: &since, Outcome: runtime.OutcomeFailed}, runtime.RunStatus{Started: &since, Outcome: runtime.OutcomeCancelled}
			st.Jobs = []runtime.JobStatus{{Script: "a", Name: "tour", Last: &failed}, {Script: "a", Name: "other", Last: &cut}}
		}, "not ok: last run failed: a/tour at 14:00:00; 1 of 1"},
		{"events", func(st *runtime.Status) { st.Devices[0].Events, st.Devices[0].EventsSince = "stale", &since }, "not ok: events stale: gate since 14:00:00; 1 of 1"},
		{"events for a moment", func(st *runtime.Status) {
			moment := now.Add(-3 * time.Second)
			st.Devices[0].Events, st.Devices[0].EventsSince = "stale", &moment
		}, "ok: 1 of 1"},
		{"events of a device that is away", func(st *runtime.Status) {
			st.Devices = []runtime.DeviceStatus{up("yard", device.StateOffline)}
			st.Devices[0].EventsSince = &since
		}, "not ok: 0 of 1 device online (yard offline since 14:00:00); 1 script"},
		{"archive", func(st *runtime.Status) {
			st.Archive = &runtime.ArchiveStatus{Error: &runtime.ErrorStatus{Message: "no pictures: the disk is full"}}
		}, "not ok: no pictures: the disk is full; "},
		{"notify", func(st *runtime.Status) {
			st.Notify = []runtime.NoticeStatus{{Target: "ops", Kind: "telegram", Waiting: 2, Error: &runtime.ErrorStatus{Message: "the token is wrong"}}}
		}, "not ok: ops by telegram, waiting: 2 notifications: the token is wrong; "},
		{"site", func(st *runtime.Status) { st.Site.Error = &runtime.ErrorStatus{} }, "not ok: site.yaml not taken over"},
	} {
		st := fine
		st.Devices = append([]runtime.DeviceStatus(nil), fine.Devices...)
		tt.change(&st)
		var out strings.Builder
		err := (&app{stdout: &out}).writeVerdict(st, nil)
		if !strings.Contains(out.String(), tt.want) || (err == nil) != strings.HasPrefix(tt.want, "ok") || err != nil && !errors.Is(err, errTold) {
			t.Errorf("%s: %v, %q, want %q", tt.name, err, out.String(), tt.want)
		}
	}
}

// TestStatusCounts: where there are many devices, a line counts those that are online.
func TestStatusCounts(t *testing.T) {
	for n, want := range map[int]bool{manyDevices - 1: false, manyDevices: true, 40: true} {
		st := runtime.Status{Now: begin, Started: begin}
		for i := range n {
			st.Devices = append(st.Devices, runtime.DeviceStatus{Status: device.Status{Name: "x", State: device.StateOnline}})
			if i < 5 {
				st.Devices[i].State = device.StateOffline
			}
		}
		s := newSession(t)
		s.writeStatus(st)
		if got := strings.Contains(s.out.String(), fmt.Sprintf("\n%d of %d devices online\n", n-5, n)); got != want {
			t.Errorf("%d devices: %v\n%s", n, got, s.out.String())
		}
	}
	for seconds, want := range map[float64]string{0.004: "0s", 0.25: "0.2s", 2: "2s", 9.94: "9.9s", 12.3: "12s", 3700: "1h01m"} {
		if got := tookText(seconds); got != want {
			t.Errorf("%v: %s, want %s", seconds, got, want)
		}
	}
}

// TestStatusOfGapsAndCopies: what is missing in the archive, and how far the
// second place is behind, in status and in the verdict.
func TestStatusOfGapsAndCopies(t *testing.T) {
	t.Parallel()
	gap := func(channel int, name, why string, missing int) runtime.GapStatus {
		return runtime.GapStatus{Gap: gaps.Gap{Device: "gate", Channel: channel, Name: name, Missing: missing, Reasons: []gaps.Reason{{Why: why}}}}
	}
	list := []runtime.GapStatus{gap(1, "yard", "offline", 12), gap(2, "", "offline", 11), gap(1, "yard", "timeout", 1)}
	if got, want := gapLines(list), "  missing: 23 pictures of gate/yard, gate/2: offline\n  missing: 1 picture of gate/yard: timeout\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	oldest := now.Add(-2 * time.Hour)
	away := &runtime.SecondPlaceStatus{
		Place: "s3://pictures", Waiting: 341, Oldest: &oldest,
		Error: &runtime.ErrorStatus{Message: "s3://pictures: the secret key is wrong", Hint: "correct AWS_SECRET_ACCESS_KEY"},
	}
	for want, c := range map[string]*runtime.SecondPlaceStatus{
		"": nil,
		"  copied to s3://pictures: all of them\n":                                              {Place: "s3://pictures"},
		"  1 picture waits for s3://pictures, the oldest since " + timeText(oldest, now) + "\n": {Place: "s3://pictures", Waiting: 1, Oldest: &oldest},
		"  341 pictures wait for s3://pictures, the oldest since " + timeText(oldest, now) + ":\n  s3://pictures: the secret key is wrong\n  correct AWS_SECRET_ACCESS_KEY\n": away,
	} {
		if got := copyLine(c, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	_, bad := findings(runtime.Status{Now: now, Archive: &runtime.ArchiveStatus{Gaps: list, Copy: away}})
	if text := strings.Join(bad, "\n"); len(bad) != 2 || !strings.HasPrefix(text, "missing in the archive: 23 pictures of gate/yard, gate/2: offline, 1 picture") ||
		!strings.Contains(text, "341 pictures wait for s3://pictures") {
		t.Error(text)
	}
}
