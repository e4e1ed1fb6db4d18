package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

var watchRecipes = map[string]recipe{
	"garage-door": {"2026-03-04 12:00", func(w *world) {
		w.at(time.Minute)
		for _, state := range []string{"closed", "open"} {
			if n, err := w.host.Emit("mqtt:garage/left/state", state); n != 1 || err != nil {
				w.t.Error(n, err)
			}
			w.run(time.Minute)
		}
		w.wantDid("gate", "12:02:00 ch1 goto 4", "12:02:03 ch1 picture")
		w.wantLog("topic=garage/left/picture")
		w.wantLog(`topic=garage/left/seen text="{\"at\":`)
	}},
	"alarm-panel": {"2026-03-04 12:00", func(w *world) {
		w.at(time.Minute)
		for _, c := range []struct{ zone, want string }{{"2", `200 {"tour":"fence"}`}, {"1", `200 {"tour":"door"}`}, {"9", `500 {"error":{"kind":"error","message":"no zone 9"}}`}} {
			var answer luaapi.HookAnswer
			w.clk.Go(func() {
				answer = w.host.CallHook(context.Background(), luaapi.HookRequest{Name: "panel", Query: url.Values{"zone": {c.zone}}})
			})
			w.run(time.Second)
			if got := fmt.Sprintf("%d %s", answer.Status, answer.Body); got != c.want {
				w.t.Error(got, "want", c.want)
			}
		}
		w.at(5 * time.Minute)
		w.wantDid("gate", "12:01:00 ch1 goto 4", "12:01:03 ch1 picture", "12:01:23 ch1 goto 6", "12:01:25 ch1 picture", "12:01:45 ch1 goto 4", "12:01:48 ch1 picture")
	}},
	"watchdog": {"2026-03-04 12:00", func(w *world) {
		w.at(time.Minute)
		w.fault("door", "offline@0s-5m")
		w.at(10 * time.Minute)
		w.wantNoLog("has been away")
		w.fault("door", "offline@0s-30m")
		w.at(time.Hour)
		w.wantLog("door has been away for ten minutes")
		w.wantPrinted("door is back")
	}},
	"no-events": {"2026-03-04 12:00", func(w *world) {
		w.at(time.Minute)
		w.fault("door", "stream-silent@0s-5m")
		w.at(15 * time.Minute)
		w.wantLog("the door is not watched")
		w.wantPrinted("the door is watched again")
	}},
	"recorder-inputs": {"2026-03-04 06:00", func(w *world) {
		w.devices["nvr"].SetOnline(3, false)
		w.run(2 * time.Hour)
		w.wantLog("no camera on store")
	}},
	"clock-drift": {"2026-03-04 03:14", func(w *world) {
		w.write("scripts/by-hand.lua", `hik.spawn(function() hik.set_time("door") end)`) // no time server any more
		w.sync()
		w.run(30 * time.Second)
		w.fault("door", "clock-wrong=20s@0s-1h")
		w.fault("nvr", "clock-wrong=-1h@0s-1h")
		w.wantDid("door", "03:14:00 ch0 set time")
		w.run(5 * time.Minute)
		w.wantLog("door has the wrong time")
		w.wantLog("nvr has the wrong time")
		w.wantNoLog("gate has the wrong time")
		w.wantDid("door", "03:14:00 ch0 set time", "03:15:00 ch0 set time")
		w.wantDid("nvr") // its time server has to be mended
		w.fault("door", "offline@0s-24h")
		w.run(24 * time.Hour)
		w.wantLog("no time of door")
	}},
	"night-reboot": {"2026-03-08 03:59", func(w *world) { // a Sunday
		w.run(30 * time.Minute)
		w.wantDid("door", "04:00:00 ch0 reboot")
		w.wantDid("nvr", "04:10:00 ch0 reboot")
		w.wantNoLog("has not come back")
	}},
	"many-logins": {"2026-03-04 12:00", func(w *world) {
		w.run(time.Minute)
		w.devices["door"].Raise(sim.Alert{Type: "illaccess"})
		w.devices["gate"].Raise(sim.Alert{Type: "diskfull"})
		w.run(time.Minute)
		w.wantLog("door: login failed")
		w.wantLog("gate: storage full")
	}},
}

var officeRecipes = map[string]recipe{
	"count-events": {"2026-03-04 11:10", func(w *world) {
		for range 3 {
			w.run(10 * time.Minute)
			w.raise("door", "line_crossing")
		}
		w.run(90 * time.Minute)
		w.wantFile("counts/2026-03.csv", "^day,hour,passed\n2026-03-04,11,3\n2026-03-04,12,0\n$")
		w.wantQuiet()
	}},
	"daily-report": {"2026-03-04 06:00", func(w *world) {
		w.write("scripts/picture.lua", `hik.spawn(function() hik.snapshot("door", 1):archive() end)`)
		w.sync()
		w.run(time.Minute)
		w.raise("door", "motion")
		w.run(time.Hour)
		w.wantFile("reports/2026-03-04.txt", "gate: online, 0 pictures\ndoor: online, 1 pictures\nnvr: online, 0 pictures\nmotion at the door: 1 times\n")
		w.wantQuiet()
	}},
	"tell-guard": {"2026-03-04 23:00", func(w *world) {
		for range 3 { // of which one is told
			w.run(15 * time.Second)
			w.raise("door", "motion")
		}
		w.run(time.Minute)
		w.wantDid("door", "23:00:15 ch1 picture")
		w.wantLog("Motion at the door at 23:00:15")
	}},
	"mail-report": {"2026-03-09 07:00", func(w *world) { // a Monday
		w.fault("gate", "offline@0s-2h")
		w.run(time.Hour)
		w.wantDid("door", "07:30:00 ch1 picture")
		w.wantLog("gate is offline")
	}},
	"catch-up": {"2026-03-04 11:00", func(w *world) {
		w.run(10 * time.Minute)
		w.end()
		w = w.again(3 * time.Hour) // a power cut until ten past two
		w.run(time.Minute)
		w.wantPrinted("taken 131 minutes late")
		w.wantFile("noon.jpg", "^")
	}},
	"webhook-out": {"2026-03-04 12:00", func(w *world) { // where time is simulated nothing is sent
		w.run(time.Minute)
		w.raise("door", "motion")
		w.run(10 * time.Second)
		w.wantLog("the hook does not answer")
	}},
}

// again is the host of the same folder that is started after a while.
func (w *world) again(after time.Duration) *world {
	n := newSimulated(w.t, w.dir, w.clk.Now().Add(after).In(w.host.conf.Site.Timezone).Format("2006-01-02 15:04"))
	n.keeps()
	n.start()
	return n
}

// The web server of the recipe is told, in real time; what it does not take the
// first time comes once more.
func TestCookbookHook(t *testing.T) {
	told := make(chan string, 10)
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		text, _ := io.ReadAll(r.Body)
		told <- string(text)
	}))
	defer server.Close()
	dir := t.TempDir()
	yaml := strings.Replace(readFile(t, cookbook+"/site.yaml"), "http://127.0.0.1:8123", server.URL, 1)
	script := strings.Replace(readFile(t, cookbook+"/recipes/webhook-out.lua"), `"5s", {name`, `"50ms", {name`, 1)
	files := &world{t: t, dir: dir}
	files.write("site.yaml", yaml)
	files.write("scripts/out.lua", script)
	conf, err := site.LoadSimulated(dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	devices := map[string]*sim.Device{}
	for _, d := range conf.Devices {
		devices[d.Name] = sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clock.Real(), Username: d.Username, Password: d.Password.Reveal()})
	}
	host, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Version: "test",
		State:     filepath.Join(dir, "data", "state.db"),
		Transport: func(d site.Device) (http.RoundTripper, error) { return devices[d.Name].Transport(), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- host.Run(ctx, nil) }()
	raise := time.NewTicker(500 * time.Millisecond)
	defer raise.Stop()
	var text string
	for text == "" && ctx.Err() == nil {
		select {
		case <-raise.C: // once the host listens
			devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 100 * time.Millisecond})
		case text = <-told:
		case <-ctx.Done():
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var event struct{ Device, Type string }
	if err := json.Unmarshal([]byte(text), &event); err != nil || event.Device != "door" || event.Type != "motion" {
		t.Errorf("told %q, %v", text, err)
	}
}
