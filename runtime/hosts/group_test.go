package hosts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/site"
)

// devices are the devices of a status: "east online by left".
func devices(st runtime.Status) (all []string) {
	for _, d := range st.Devices {
		text := d.Name + " " + d.State
		if d.Share != "" {
			text += " in " + d.Share
		}
		if d.Holder != "" {
			text += " by " + d.Holder
		}
		all = append(all, text)
	}
	return all
}

func wantDevices(t *testing.T, st runtime.Status, want ...string) {
	t.Helper()
	if got := devices(st); !slices.Equal(got, want) {
		t.Errorf("devices: %q, want %q", got, want)
	}
}

// TestStandby: a host that holds nothing tells of the whole site, and who has it.
func TestStandby(t *testing.T) {
	w := newWorld(t, true, nil)
	w.held("site", "right")
	st := w.group.Status()
	wantDevices(t, st, "east elsewhere by right", "west elsewhere by right")
	if st.Site.Dir != runtime.FullPath(w.dir) || st.Site.Timezone != "Europe/Berlin" || st.Started.IsZero() || st.Now.IsZero() || st.Version != "1.2.3" {
		t.Errorf("%+v", st)
	}
	if c := st.Cluster; c == nil || c.Host != "left" || len(c.Shares) != 1 || c.Shares[0].Holder != "right" {
		t.Errorf("cluster: %+v", c)
	}
	if d := st.Devices[0]; d.Error != nil || d.Events != "elsewhere" || len(d.Channels) != 1 || d.Channels[0].Name != "yard" || d.Channels[0].ID != 1 {
		t.Errorf("%+v", d)
	}
	if text, err := json.Marshal(st); err != nil || strings.Contains(string(text), `:null`) {
		t.Errorf("%v %s", err, text)
	}

	g, ctx := w.group, t.Context()
	held := []string{"the site is held by right: ask there", "right is at 192.0.2.12"}
	wantElsewhere(t, "stop", g.StopHead(ctx, "east", 1), held...)
	wantElsewhere(t, "preset", g.RecallPreset(ctx, "east", 1, 1), held...)
	_, err := g.Presets(ctx, "east", 1)
	wantElsewhere(t, "presets", err, held...)
	_, err = g.Picture(ctx, "east", 1)
	wantElsewhere(t, "picture", err, held...)
	_, err = g.LoginCost("east")
	wantElsewhere(t, "cost", err, held...)
	_, err = g.Login(ctx, "east")
	wantElsewhere(t, "login", err, held...)
	wantElsewhere(t, "job", g.RunJob("tour"), append(held, `no job "tour" runs on this host`)...)
	_, err = g.RunJobWait(ctx, "tour")
	wantElsewhere(t, "job and wait", err, held...)
	wantElsewhere(t, "hold", g.HoldScript("night"), held...)
	wantElsewhere(t, "release", g.ReleaseScript("night"), held...)
	_, err = g.ScriptSource("night")
	wantElsewhere(t, "source", err, held...)
	wantElsewhere(t, "exec", g.Exec(ctx, runtime.Program{Name: "x"}).Err, held...)
	_, err = g.NewSession(runtime.Output{})
	wantElsewhere(t, "session", err, held...)
	wantElsewhere(t, "archive", g.UseArchives(ctx, func([]runtime.OpenArchive) error { return nil }), held...)
	_, err = g.GapReport(gaps.Query{})
	wantElsewhere(t, "gaps", err, held...)
	_, err = g.Emit("shut", nil)
	wantElsewhere(t, "emit", err, held...)
	if answer := g.CallHook(ctx, luaapi.HookRequest{Name: "panel"}); answer.Status != http.StatusServiceUnavailable || !strings.Contains(string(answer.Body), `"kind":"elsewhere"`) || answer.RetryAfter == 0 {
		t.Errorf("hook: %d %s", answer.Status, answer.Body)
	}
	if err := g.StopHead(ctx, "ost", 1); runtime.Report(err).Kind != "misuse" {
		t.Errorf("a device that there is not: %v", err)
	}
	if len(g.Topics())+len(g.EmittedNames())+len(g.MissedPictures())+g.Deliver(luaapi.Message{Topic: "a"}) > 0 {
		t.Error("something listens")
	}

	w.held("site", "")
	wantElsewhere(t, "no holder", g.StopHead(ctx, "east", 1), "no host holds the site", "hiklua cluster status")
	if st := w.group.Status(); st.Devices[0].Error == nil || st.Devices[0].Error.Kind != "elsewhere" || st.Devices[0].Holder != "" {
		t.Errorf("a device that no host drives: %+v", st.Devices[0])
	}
	w.held("site", "left")
	wantElsewhere(t, "about to come", g.StopHead(ctx, "east", 1), "this host is taking the site")
}

// TestReloadIsRefused: what a cluster runs is its release.
func TestReloadIsRefused(t *testing.T) {
	w := newWorld(t, true, nil)
	if _, err := w.group.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "hiklua cluster release") {
		t.Error(err)
	}
}

// TestOneOfTwoShares: devices of the share that is held answer, the others are named
// with their holder.
func TestOneOfTwoShares(t *testing.T) {
	w := newWorld(t, false, map[string]string{"scripts/all.lua": `hik.every("1h", {name = "round"}, function() end)`})
	w.held("west", "right")
	w.take("east")
	w.online("east")
	g, ctx := w.group, t.Context()
	st := g.Status()
	wantDevices(t, st, "east online in east", "west elsewhere in west by right")
	if len(st.Scripts) != 1 || st.Scripts[0].Share != "east" || len(st.Jobs) != 1 || st.Jobs[0].Share != "east" {
		t.Errorf("%+v %+v", st.Scripts, st.Jobs)
	}
	if err := g.StopHead(ctx, "east", 1); err != nil {
		t.Error(err)
	}
	if jpeg, err := g.Picture(ctx, "east", 1); err != nil || len(jpeg) == 0 {
		t.Error(err)
	}
	if err := g.StopHead(ctx, "east", 7); runtime.Report(err).Kind != "misuse" {
		t.Errorf("no such channel: %v", err)
	}
	wantElsewhere(t, "stop", g.StopHead(ctx, "west", 1), "west: the share west is held by right: ask there", "192.0.2.12")
	if _, err := g.RunJobWait(ctx, "all/round"); err != nil {
		t.Error(err)
	}
	if err := g.RunJob("east/all/round"); err != nil {
		t.Error(err)
	}
	wantElsewhere(t, "job of another share", g.RunJob("west/all/round"), "the share west is held by right")
	wantElsewhere(t, "job that is not here", g.RunJob("other"), `no job "other" runs on this host`, "the share west is held by right")
	if text, err := g.ScriptSource("all"); err != nil || !strings.Contains(string(text), "round") {
		t.Errorf("%s %v", text, err)
	}
	if in, err := g.InShare("west"); err != nil {
		t.Error(err)
	} else {
		wantElsewhere(t, "exec in west", in.Exec(ctx, runtime.Program{}).Err, "the share west is held by right")
	}
	if _, err := g.InShare("wets"); err == nil || !strings.Contains(err.Error(), `did you mean "west"?`) {
		t.Error(err)
	}
	w.lose("east")
	wantElsewhere(t, "lost", g.StopHead(ctx, "east", 1), "held by right")
	wantDevices(t, g.Status(), "east elsewhere in east by right", "west elsewhere in west by right")
}

// TestLateRemove: the end of a Host that another has followed changes nothing.
func TestLateRemove(t *testing.T) {
	w := newWorld(t, true, nil)
	w.take("site")
	before := w.hosts["site"]
	w.take("site")
	w.group.Remove("site", before)
	w.online("east")
	if err := w.group.StopHead(t.Context(), "east", 1); err != nil {
		t.Error(err)
	}
}

// TestBothShares: a script that runs in both is told of twice, and what is done by
// its name is done in both.
func TestBothShares(t *testing.T) {
	w := newWorld(t, false, map[string]string{"scripts/all.lua": `
		hik.every("1h", {name = "round"}, function() for _, d in ipairs(hik.devices()) do hik.emit("did", d.name) end end)
		hik.on("shut", {name = "shut"}, function() if hik.devices()[1].name == "west" then error("jammed") end end)
	`})
	w.take("west")
	w.take("east")
	w.online("east")
	w.online("west")
	g, ctx := w.group, t.Context()
	var rows []string
	for _, s := range g.Status().Scripts {
		rows = append(rows, s.Name+" in "+s.Share)
	}
	for _, j := range g.Status().Jobs {
		rows = append(rows, j.Script+"/"+j.Name+" in "+j.Share)
	}
	want := []string{"all in east", "all in west", "all/round in east", "all/shut in east", "all/round in west", "all/shut in west"}
	if !slices.Equal(rows, want) {
		t.Errorf("%q, want %q", rows, want)
	}
	runs := func(share string) int {
		for _, j := range g.Status().Jobs {
			if j.Share == share && j.Name == "round" {
				return j.Runs
			}
		}
		return -1
	}
	if run, err := g.RunJobWait(ctx, "round"); err != nil || run.Outcome != runtime.OutcomeOK || runs("east") != 1 || runs("west") != 1 {
		t.Errorf("%+v %v, runs: %d, %d", run, err, runs("east"), runs("west"))
	}
	if run, err := g.RunJobWait(ctx, "west/all/round"); err != nil || run.Outcome != runtime.OutcomeOK || runs("east") != 1 || runs("west") != 2 {
		t.Errorf("%+v %v, runs: %d, %d", run, err, runs("east"), runs("west"))
	}
	if run, err := g.RunJobWait(ctx, "shut"); err != nil || run.Outcome != runtime.OutcomeFailed || !strings.Contains(run.Error.Message, "jammed") {
		t.Errorf("one of two runs failed: %+v %v", run, err)
	}
	if told, err := g.Emit("shut", nil); err != nil || told != 2 {
		t.Errorf("%d told, %v", told, err)
	}
	if names := g.EmittedNames(); !slices.Equal(names, []string{"shut"}) {
		t.Errorf("%q", names)
	}
	if err := g.HoldScript("east/all"); err != nil {
		t.Error(err)
	}
	states := func() string {
		var all []string
		for _, s := range g.Status().Scripts {
			all = append(all, s.State)
		}
		return fmt.Sprint(all)
	}
	if got := states(); got != "[set aside running]" {
		t.Error(got)
	}
	if err := g.ReleaseScript("all"); err != nil || states() != "[running running]" {
		t.Errorf("%v %s", err, states())
	}
	if err := g.RunJob("rond"); runtime.Report(err).Kind != "misuse" || !strings.Contains(err.Error(), `"round"`) {
		t.Errorf("a job that no share has: %v", err)
	}
	for _, share := range []string{"east", "west"} {
		in, err := g.InShare(share)
		if err != nil {
			t.Fatal(err)
		}
		s, err := in.NewSession(runtime.Output{})
		if err != nil {
			t.Fatal(err)
		}
		if values, err := s.Eval(context.Background(), `hik.devices()[1].name`); err != nil || len(values) != 1 || values[0].Text != `"`+share+`"` {
			t.Errorf("%+v %v", values, err)
		}
		s.Close()
	}
}

// TestHooks: a hook is answered where its script runs.
func TestHooks(t *testing.T) {
	w := newWorld(t, false, map[string]string{"scripts/panel.lua": `
		if hik.devices()[1].name == "west" then hik.on("http:panel", function() return "from west" end) end
	`})
	w.site.Web = &site.Web{Hooks: []site.Hook{{Name: "panel", Token: isapi.NewSecret("t")}, {Name: "other", Token: isapi.NewSecret("t")}}}
	call := func(name string) (int, string) {
		a := w.group.CallHook(t.Context(), luaapi.HookRequest{Name: name})
		return a.Status, string(a.Body)
	}
	w.held("west", "right")
	w.take("east")
	if status, body := call("panel"); status != 503 || !strings.Contains(body, `"kind":"elsewhere"`) || !strings.Contains(body, "the share west is held by right") {
		t.Errorf("its share is elsewhere: %d %s", status, body)
	}
	w.take("west")
	if status, body := call("panel"); status != 200 || !strings.Contains(body, "from west") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := call("other"); status != 404 {
		t.Errorf("no script has it: %d %s", status, body)
	}
}

// What goes to the scripts of all shares is counted over all; names are told once, in
// order.
func TestScriptsOfBothSharesAreTold(t *testing.T) {
	w := newWorld(t, false, map[string]string{"scripts/all.lua": `
		hik.on(hik.devices()[1].name == "east" and "zulu" or "alpha", function() end)
		hik.on("both", function() end)`})
	w.take("east")
	w.take("west")
	if n, err := w.group.Emit("both", nil); n != 2 || err != nil {
		t.Errorf("%d scripts were told: %v", n, err)
	}
	if names := w.group.EmittedNames(); !slices.Equal(names, []string{"alpha", "both", "zulu"}) {
		t.Errorf("they listen to %q", names)
	}
}
