package metrics

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// twoShares is the status of left, which holds east of the shares east and west.
func twoShares() cluster.Status {
	return cluster.Status{
		Host:   "left",
		Engine: cluster.EngineStatus{Quorum: true, Members: []cluster.MemberStatus{{Name: "left", Up: true}, {Name: "right", Up: true}, {Name: "box"}}},
		Shares: []cluster.ShareStatus{
			{Name: "east", State: cluster.ShareHeld, Holder: "left", Term: 7, Renewed: new(0.5)},
			{Name: "west", State: cluster.ShareNobody, Holder: "left", Term: 3},
		},
	}
}

// madeUp is a host of a cluster that tells what a test says.
type madeUp struct {
	site   *site.Site
	status runtime.Status
}

func (h *madeUp) Status() runtime.Status                                               { return h.status }
func (h *madeUp) Site() *site.Site                                                     { return h.site }
func (h *madeUp) MissedPictures() []gaps.Missed                                        { return nil }
func (h *madeUp) UseArchives(context.Context, func([]runtime.OpenArchive) error) error { return nil }

// TestCluster: a host has the series of the shares that it holds, once for a script
// that runs in several, and those of a share that is lost go.
func TestCluster(t *testing.T) {
	at := func(minutes int) *time.Time { return new(noon.Add(time.Duration(minutes) * time.Minute)) }
	gate := runtime.DeviceStatus{Status: device.Status{Name: "gate", State: device.StateOnline, Events: device.EventsOff}, Share: "east"}
	yard := runtime.DeviceStatus{Status: device.Status{Name: "yard", State: device.StateElsewhere, Events: device.StateElsewhere}, Share: "west", Holder: "right"}
	h := &madeUp{site: &site.Site{Devices: []site.Device{{Name: "gate"}, {Name: "yard"}}}}
	h.status = runtime.Status{
		Now: noon, Devices: []runtime.DeviceStatus{gate, yard},
		Scripts: []runtime.ScriptStatus{
			{Name: "all", Share: "east", State: runtime.ScriptRunning, Edit: &runtime.ErrorStatus{}}, {Name: "all", Share: "south", State: runtime.ScriptHeld},
		},
		Jobs: []runtime.JobStatus{
			{Script: "all", Name: "round", Share: "east", Next: at(20), Last: &runtime.RunStatus{Scheduled: *at(-5)}},
			{Script: "all", Name: "round", Share: "south", Next: at(10), Last: &runtime.RunStatus{Scheduled: *at(-10)}},
		},
	}
	c := New(Config{Host: h, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Cluster: twoShares})
	t.Cleanup(c.Close)
	for range 2 {
		c.Record(journal.Entry{Device: "gate", What: "snapshot"})
	}
	c.Record(journal.Entry{Kind: journal.RunEnded, Script: "all", Job: "round", Time: noon})
	_, got := scrape(t, c)
	wantSeries(t, got, map[string]float64{
		`cluster_engine_quorum`:                                     1,
		`cluster_member_up{member="left"}`:                          1,
		`cluster_member_up{member="right"}`:                         1,
		`cluster_member_up{member="box"}`:                           0,
		`cluster_share_held{share="east"}`:                          1,
		`cluster_share_held{share="west"}`:                          0,
		`cluster_share_term{share="east"}`:                          7,
		`cluster_share_term{share="west"}`:                          3,
		`cluster_share_lease_age_seconds{share="east"}`:             0.5,
		`device_queue_commands{device="gate"}`:                      0,
		`commands_total{class="picture",device="gate",result="ok"}`: 2,
		`script_state{script="all",state="running"}`:                0,
		`script_state{script="all",state="held back"}`:              1,
		`script_state{script="all",state="not loaded"}`:             0,
		`script_state{script="all",state="set aside"}`:              0,
		`script_edit_broken{script="all"}`:                          1,
		`job_next_run_timestamp_seconds{job="round",script="all"}`:  float64(at(10).Unix()),
		`job_last_run_timestamp_seconds{job="round",script="all"}`:  float64(at(-5).Unix()),
		`job_runs_total{job="round",result="ok",script="all"}`:      1,
		`job_runs_total{job="round",result="error",script="all"}`:   0,
		`job_runs_total{job="round",result="skipped",script="all"}`: 0,
	})
	if has(got, `device="yard"`) {
		t.Error("a device that another host drives has series here")
	}

	// East goes to right: its devices and scripts have no series here any more.
	gate.State, gate.Events, gate.Holder = device.StateElsewhere, device.StateElsewhere, "right"
	h.status.Devices, h.status.Scripts, h.status.Jobs = []runtime.DeviceStatus{gate, yard}, nil, nil
	if _, got = scrape(t, c); has(got, `device="gate"`) || has(got, `script="all"`) {
		t.Errorf("what was of the lost share is still told: %v", got)
	}
	// And back.
	gate.State, gate.Events, gate.Holder = device.StateOnline, device.EventsOff, ""
	h.status.Devices = []runtime.DeviceStatus{gate, yard}
	c.Record(journal.Entry{Device: "gate", What: "snapshot"})
	if _, got = scrape(t, c); got[`commands_total{class="picture",device="gate",result="ok"}`] != 1 {
		t.Errorf("%v", got)
	}
}
