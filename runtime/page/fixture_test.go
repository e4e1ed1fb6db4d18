package page

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

// evening is when the sites of the tests are looked at.
var evening = time.Date(2026, 11, 30, 20, 27, 27, 0, time.FixedZone("", 3600))

func before(d time.Duration) *time.Time {
	t := evening.Add(-d)
	return &t
}

func after(d time.Duration) *time.Time { return before(-d) }

// yard is the status of a simulated site of six devices, on which much is wrong.
func yard() *runtime.Status {
	st := &runtime.Status{
		Version: "0.9.0", Started: *before(76 * time.Hour), Now: evening,
		Site:       runtime.SiteStatus{Dir: "/srv/north-yard", Timezone: "Europe/Berlin", Simulated: true},
		StateError: &runtime.ErrorStatus{Kind: "disk", Message: "data/state.db: permission denied", Hint: "give the file to the user that the host runs as"},
		Archive: &runtime.ArchiveStatus{
			Path: "/srv/north-yard/data/archive", Files: 18240, Bytes: 6_912_000_000, Oldest: before(90 * 24 * time.Hour), Newest: before(40 * time.Second),
		},
		Memory: 48 << 20,
	}
	add := func(d device.Status, err *runtime.ErrorStatus) {
		d.Events = "flowing"
		if d.Since == nil {
			d.Since = before(76 * time.Hour)
		}
		if d.Heads == nil {
			d.Heads = []device.HeadStatus{}
		}
		st.Devices = append(st.Devices, runtime.DeviceStatus{Status: d, Channels: channels(d.Name), Error: err})
	}
	add(device.Status{
		Name: "gate", Address: "http://192.0.2.10:80", State: "online", Simulated: true, Model: "DS-2DE4425IWG-E", Firmware: "V5.8.3 build 250312", Queue: 3, Active: 1,
		Heads: []device.HeadStatus{{Channel: 1, Moving: true, Owner: "patrol/look round#3", Since: before(3 * time.Second)}},
	}, nil)
	add(device.Status{
		Name: "barn", Address: "http://192.0.2.11:80", State: "offline", Since: before(3*time.Hour + 12*time.Minute), Model: "DS-2CD2346G2-IU",
	}, &runtime.ErrorStatus{Kind: "offline", Message: "connection refused (nothing listens there: check port and scheme)"})
	add(device.Status{
		Name: "nvr-hall", Address: "https://192.0.2.20:443", State: "online", Simulated: true, Model: "DS-7716NXI-I4/S",
		Heads: []device.HeadStatus{{Channel: 2, Exclusive: "night/night tour#12", Since: before(4 * time.Minute)}},
	}, nil)
	add(device.Status{
		Name: "ramp", Address: "http://192.0.2.12:80", State: "locked", Since: before(9 * time.Minute), RetryAt: after(21 * time.Minute), Model: "DS-2DE4425IWG-E",
	}, &runtime.ErrorStatus{Kind: "locked", Message: "the account is locked after wrong passwords", Hint: "put the right password into site.yaml; then hiklua login ramp"})
	add(device.Status{Name: "door", Address: "http://192.0.2.13:80", State: "online", Simulated: true, Model: "DS-2DE2A404IW-DE3"}, nil)
	add(device.Status{Name: "fence", Address: "http://192.0.2.14:80", State: "unknown"}, nil)
	st.Scripts = []runtime.ScriptStatus{
		{Name: "broken", State: runtime.ScriptBroken, Tasks: []string{}, Edit: &runtime.ErrorStatus{Kind: "error", Message: `no device "gaet"`, Hint: `did you mean "gate"?`, Place: "scripts/broken.lua:2"}},
		{Name: "night", State: runtime.ScriptRunning, Since: before(20 * time.Hour), Tasks: []string{"night tour#12"}, Jobs: 2},
		{Name: "patrol", State: runtime.ScriptRunning, Since: before(2 * time.Hour), Tasks: []string{"look round#3"}, Jobs: 3},
		{Name: "weekend", State: "set aside", Since: before(26 * time.Hour), Tasks: []string{}, Jobs: 1},
	}
	ran := func(ago, took time.Duration, outcome string, err *runtime.ErrorStatus) *runtime.RunStatus {
		return &runtime.RunStatus{Scheduled: *before(ago + took), Started: before(ago + took), Ended: before(ago), Outcome: outcome, Duration: took.Seconds(), Error: err}
	}
	st.Jobs = []runtime.JobStatus{
		{Script: "night", Name: "night tour", Kind: "at", When: "sunset", Next: after(20 * time.Hour), Running: 1, Runs: 1, Last: ran(24*time.Hour, 15*time.Hour, "cancelled", nil)},
		{Script: "night", Name: "morning", Kind: "at", When: "sunrise", Next: after(11 * time.Hour), Runs: 1, Last: ran(13*time.Hour, 2300*time.Millisecond, "ok", nil)},
		{Script: "patrol", Name: "look round", Kind: "every", When: "every 30m (mon-fri 08:00-18:00)", Next: after(11*time.Hour + 33*time.Minute), Running: 1, Runs: 412, Last: ran(30*time.Minute, 12300*time.Millisecond, "ok", nil)},
		{Script: "patrol", Name: "barn picture", Kind: "every", When: "every 10m", Next: after(150 * time.Second), Runs: 12, Last: ran(7*time.Minute, 40*time.Millisecond, "failed", &runtime.ErrorStatus{
			Kind: "offline", Message: "barn: snapshot: offline: connection refused (nothing listens there: check port and scheme)", Place: "scripts/patrol.lua:14",
		})},
		{Script: "patrol", Name: "on motion", Kind: "on", When: "gate:motion", Runs: 37, Last: ran(4*time.Minute, 820*time.Millisecond, "ok", nil)},
		{Script: "weekend", Name: "look round twice as often at the weekend", Kind: "cron", When: "0 */2 * * 6,0", Next: after(4 * 24 * time.Hour)},
	}
	return st
}

// channels are those of a device.
func channels(name string) []runtime.ChannelStatus {
	if name == "nvr-hall" {
		return []runtime.ChannelStatus{{ID: 1, Name: "hall", Head: new(false)}, {ID: 2, Name: "ramp", Head: new(true)}, {ID: 7, Name: "east corridor behind the lift", Head: new(false)}}
	}
	return []runtime.ChannelStatus{{ID: 1, Name: "yard", Head: new(name != "barn")}}
}

// large is the status of a site of so many devices and jobs.
func large(devices, jobs int) *runtime.Status {
	st := yard()
	st.StateError = nil
	kinds := st.Devices
	st.Devices, st.Scripts, st.Jobs = nil, []runtime.ScriptStatus{}, []runtime.JobStatus{}
	for i := range devices {
		d := kinds[0]
		if i%20 == 7 {
			d = kinds[1]
		}
		d.Name, d.Address = fmt.Sprintf("cam%d", i+1), fmt.Sprintf("http://192.0.2.%d:80", i+1)
		d.Simulated = false
		st.Devices = append(st.Devices, d)
	}
	for i := range jobs {
		script := fmt.Sprintf("s%d", i/3+1)
		if i%3 == 0 {
			st.Scripts = append(st.Scripts, runtime.ScriptStatus{Name: script, State: runtime.ScriptRunning, Since: before(time.Hour), Tasks: []string{}, Jobs: 3})
		}
		st.Jobs = append(st.Jobs, runtime.JobStatus{
			Script: script, Name: fmt.Sprintf("job %d", i+1), Kind: "every", When: "every 5m", Next: after(time.Duration(i+1) * time.Second), Runs: i,
			Last: &runtime.RunStatus{Scheduled: *before(time.Minute), Started: before(time.Minute), Ended: before(50 * time.Second), Outcome: "ok", Duration: 10},
		})
	}
	return st
}

// stateOf is a status as the stream has it at its begin. What a test changes in it
// is a map.
func stateOf(t *testing.T, st *runtime.Status) map[string]any {
	t.Helper()
	all := map[string]any{"page": map[string]any{"actions": true, "pictures": 2, "viewers": 1}}
	for key, piece := range piecesOf(*st) {
		var v any
		if err := json.Unmarshal(piece, &v); err != nil {
			t.Fatal(err)
		}
		all[key] = v
	}
	return all
}
