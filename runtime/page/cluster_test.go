package page

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

// shared is yard as the host left of a cluster has it, which holds the share east of
// east, west and south: gate and barn are in east, the others elsewhere.
func shared() *runtime.Status {
	st := yard()
	st.StateError = nil
	st.Cluster = &runtime.ClusterStatus{Host: "left", Quorum: true, Shares: []runtime.ShareStatus{
		{Name: "east", State: "held", Holder: "left", Term: 7}, {Name: "west", State: "held", Holder: "right", Term: 3}, {Name: "south", State: "nobody", Holder: "right", Term: 9},
	}}
	for i := range st.Devices {
		d := &st.Devices[i]
		switch d.Name {
		case "gate", "barn":
			d.Share = "east"
			continue
		case "fence":
			d.Share = "south"
			d.Error = &runtime.ErrorStatus{Kind: "elsewhere", Message: "no host holds the share south at present", Hint: "hiklua cluster status tells"}
		default:
			d.Share, d.Holder, d.Error = "west", "right", nil
		}
		d.Status = device.Status{Name: d.Name, Address: d.Address, State: device.StateElsewhere, Events: device.StateElsewhere, Heads: []device.HeadStatus{}}
	}
	for i := range st.Scripts {
		st.Scripts[i].Share = "east"
	}
	for i := range st.Jobs {
		st.Jobs[i].Share = "east"
	}
	// patrol runs for both.
	again := st.Scripts[2]
	again.Share = "west"
	st.Scripts = append(st.Scripts, again)
	job := st.Jobs[4]
	job.Share = "west"
	st.Jobs = append(st.Jobs, job)
	return st
}

// TestPiecesOfShares: a script that runs in two shares is two pieces.
func TestPiecesOfShares(t *testing.T) {
	pieces := piecesOf(*shared())
	for _, key := range []string{"script/east/patrol", "script/west/patrol", "job/east/patrol/on motion", "job/west/patrol/on motion", "device/gate", "cluster"} {
		if pieces[key] == nil {
			t.Errorf("there is no piece %s", key)
		}
	}
	var job runtime.JobStatus
	if err := json.Unmarshal(pieces["job/west/patrol/on motion"], &job); err != nil || job.Share != "west" || job.Script != "patrol" {
		t.Errorf("%+v %v", job, err)
	}
}

// TestStreamOverATakeover: a reader of the stream sees the share come and go, without
// a break.
func TestStreamOverATakeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		night := []runtime.ScriptStatus{{Name: "night", Share: "east", State: "running", Tasks: []string{}}}
		turn := func(holder string) {
			w.change(func(st *runtime.Status) {
				st.Cluster = &runtime.ClusterStatus{Host: "left", Shares: []runtime.ShareStatus{{Name: "east", State: "held", Holder: holder}}}
				st.Devices[0].State, st.Devices[0].Holder, st.Scripts = device.StateOnline, "", night
				if holder != "left" {
					st.Devices[0].State, st.Devices[0].Holder, st.Scripts = device.StateElsewhere, holder, nil
				}
			})
			time.Sleep(1500 * time.Millisecond)
		}
		turn("right")
		s := w.open(p, w.cookie(), false)
		var beat struct{}
		s.next("beat", &beat)
		var state states
		if s.next("state", &state); !strings.Contains(string(state["device/gate"]), `"state":"elsewhere"`) || state["script/east/night"] != nil {
			t.Errorf("a standby: %s", state)
		}
		turn("left")
		state = nil
		if s.next("state", &state); !strings.Contains(string(state["device/gate"]), `"state":"online"`) || state["script/east/night"] == nil || state["cluster"] == nil {
			t.Errorf("it holds the share: %s", state)
		}
		w.feed.Record(noticed("motion"))
		var events []struct{ What string }
		if s.next("event", &events); len(events) != 1 {
			t.Error(events)
		}
		turn("right")
		state = nil
		if s.next("state", &state); !strings.Contains(string(state["device/gate"]), `"holder":"right"`) || string(state["script/east/night"]) != "null" {
			t.Errorf("it has lost the share: %s", state)
		}
		w.page.Close()
	})
}

// testCluster: a device that another host drives is none that is away, and each row
// acts in its own share.
func testCluster(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, shared()))
	for _, on := range screens() {
		b.open(h, on)
		if got := eval[string](b, tooWide); got != "" {
			t.Errorf("%+v: too wide: %s", on, got)
		}
	}
	states := eval[string](b, `[...document.querySelectorAll(".card")].map((c) => c.querySelector("h3").textContent + ": " + c.querySelector(".lamp").textContent).join("\n")`)
	if want := "barn: offline\ndoor: driven by right\nfence: no host drives it\ngate: online\nnvr-hall: driven by right\nramp: driven by right"; states != want {
		t.Errorf("%s", states)
	}
	if got := shown(b, "#devices .count"); got != "1 of 2 online · 4 elsewhere · 1 simulated" {
		t.Errorf("%q", got)
	}
	if got := shown(b, "#cluster"); got != "LEFT: HOLDS EAST" {
		t.Errorf("%q", got)
	}
	needs := eval[string](b, `[...document.querySelectorAll("#needs .head")].map((e) => e.innerText).join("\n")`)
	if !strings.Contains(needs, "fence no host drives it") || strings.Contains(needs, "ramp") || strings.Contains(needs, "door") {
		t.Errorf("needs:\n%s", needs)
	}
	if eval[bool](b, `[...document.querySelectorAll("button")].some((e) => e.textContent === "Reload" && e.checkVisibility())`) {
		t.Error("the folder of one host is not what a cluster runs: there is nothing to reload")
	}
	if eval[bool](b, `[...document.querySelectorAll(".card")].filter((c) => c.querySelector(".lamp").textContent.startsWith("driven")).some((c) => c.querySelector(".stop").checkVisibility() || c.querySelector(".picture").checkVisibility())`) {
		t.Error("a device that is elsewhere can be acted on")
	}
	b.press("Run now: west/patrol/on motion")
	b.Until(`[...document.querySelectorAll("#jobs .outcome")].some((e) => e.textContent === "started")`)
	if took := h.took(); took != `POST /api/jobs/run {"job":"west/patrol/on motion"}` {
		t.Error(took)
	}
	b.press("Set aside: west/patrol")
	b.Until(`[...document.querySelectorAll("#scripts .outcome")].some((e) => e.textContent.startsWith("set aside"))`)
	if took := h.took(); took != `POST /api/scripts/hold {"script":"west/patrol"}` {
		t.Error(took)
	}

	// The share goes to right: the same page, with nothing that acts.
	standby := shared()
	change := make(map[string]any)
	for key := range h.state {
		if h.state[key] != nil && key != "page" && key != "cluster" {
			change[key] = nil
		}
	}
	standby.Scripts, standby.Jobs = []runtime.ScriptStatus{}, []runtime.JobStatus{}
	standby.Cluster.Shares = []runtime.ShareStatus{{Name: "site", State: "held", Holder: "right", Term: 8}}
	for i := range standby.Devices {
		d := &standby.Devices[i]
		d.Share, d.Holder, d.Error = "", "right", nil
		d.Status = device.Status{Name: d.Name, Address: d.Address, State: device.StateElsewhere, Events: device.StateElsewhere, Heads: []device.HeadStatus{}}
	}
	for key, value := range stateOf(t, standby) {
		change[key] = value
	}
	h.change(change)
	b.Until(`document.getElementById("cluster").textContent === "left: standby, right drives the site"`)
	if got := shown(b, "#devices .count"); got != "6 elsewhere" {
		t.Errorf("%q", got)
	}
	if got := shown(b, "#scripts .none"); got != "This host runs nothing: scripts run where their devices are driven." {
		t.Errorf("%q", got)
	}
	if eval[bool](b, `document.getElementById("needs").checkVisibility()`) {
		t.Errorf("a standby needs nothing: %s", shown(b, "#needs"))
	}
}
