package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/device"
)

// A wrong password costs one rejected login, at most two, however many scripts
// call at once: invariant 2.
func TestWrongPasswordIsTriedOnce(t *testing.T) {
	files := make(map[string]string)
	for i := range 20 {
		files[fmt.Sprintf("scripts/s%02d.lua", i)] = `
			hik.every(1, function() pcall(hik.presets, "gate", 1) end)
			for i = 1, 5 do hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) end) end`
	}
	w := newWorld(t, oneHead, files)
	w.head().SetPassword("admin", "another")
	w.start()
	w.run(5 * time.Minute)
	if n := w.head().Counts().RejectedLogins; n < 1 || n > 2 {
		t.Errorf("%d rejected logins", n)
	}
	if got := w.host.Devices()[0].State(); got != device.StateUnauthorized {
		t.Errorf("state %s", got)
	}
	w.wantLog("login refused")
}

func TestPasswordThatTurnsWrong(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `for i = 1, 20 do hik.every(0.1 * i, function() pcall(hik.request, "gate", "GET", "/ISAPI/System/deviceInfo") end) end`,
	})
	w.start()
	w.run(time.Minute)
	w.head().SetPassword("admin", "another")
	w.run(5 * time.Minute)
	if n := w.head().Counts().RejectedLogins; n < 1 || n > 2 {
		t.Errorf("%d rejected logins", n)
	}
	// An operator has mended it and asks.
	w.head().SetPassword("admin", "simulated")
	w.host.Devices()[0].Retry()
	w.run(time.Minute)
	if got := w.host.Devices()[0].State(); got != device.StateOnline {
		t.Errorf("state %s", got)
	}
}

// While the device says locked we wait for its unlock time.
func TestLockedAccountIsLeftAlone(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.every(1, function() pcall(hik.presets, "gate", 1) end)`,
	})
	w.start()
	w.run(10 * time.Second)
	w.head().SetFaults(sim.Fault{Name: "locked", Value: "10m", To: 10 * time.Minute})
	w.run(20 * time.Second)
	if got := w.host.Devices()[0].State(); got != device.StateLocked {
		t.Fatalf("state %s\n%s", got, w.log)
	}
	before := w.head().Counts()
	w.run(9 * time.Minute)
	if after := w.head().Counts(); after.Requests != before.Requests {
		t.Errorf("%d requests while the account was locked", after.Requests-before.Requests)
	}
	w.run(2 * time.Minute)
	if got := w.host.Devices()[0].State(); got != device.StateOnline {
		t.Errorf("state %s after the unlock time\n%s", got, w.log)
	}
	if n := w.head().Counts().RejectedLogins; n > 2 {
		t.Errorf("%d rejected logins", n)
	}
	// The device counts in whole seconds: a request right at the end may be too early.
	var locked time.Time
	for _, e := range w.head().Journal() {
		if wait := e.Start.Sub(locked); !locked.IsZero() && wait > time.Minute {
			if wait < 10*time.Minute+time.Second {
				t.Errorf("asked again after %v", wait)
			}
			break
		}
		locked = e.Start
	}
}

// One command without an answer does not make a device offline.
func TestOneTimeoutIsNotOffline(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.every(20, function() local ok, err = pcall(hik.presets, "gate", 1) print(ok or err.kind) end)`,
	})
	w.start()
	w.run(10 * time.Second)
	w.head().SetFaults(sim.Fault{Name: "slow", Value: "10h", To: 15 * time.Second})
	w.run(40 * time.Second)
	w.wantPrinted("timeout", "true")
	if strings.Contains(w.log.String(), "device offline") {
		t.Error(w.log)
	}
}

func TestLivenessFollowsStatusInterval(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  gate: {simulate: ptz, status_interval: 20s}
  quiet: {simulate: ipc, status_interval: 5000}
`, map[string]string{"scripts/a.lua": `hik.every(3, function() pcall(hik.presets, "gate", 1) end)`})
	w.start()
	w.run(10 * time.Minute)
	polls := func(name string) (n int) {
		for _, e := range w.devices[name].Journal() {
			if strings.HasSuffix(e.Path, "/System/deviceInfo") && e.Status == 200 {
				n++
			}
		}
		return n
	}
	if n := polls("gate"); n != 1 {
		t.Errorf("%d polls of a device that answers commands all the time, want the first alone", n)
	}
	if n := polls("quiet"); n < 118 || n > 121 {
		t.Errorf("%d polls in 10 minutes at an interval of 5 s", n)
	}
	w.devices["quiet"].SetFaults(sim.Fault{Name: "offline", To: time.Minute})
	w.run(12 * time.Second)
	if got := w.host.Devices()[1].State(); got != device.StateOffline {
		t.Errorf("state %s", got)
	}
	w.run(time.Minute)
	if got := w.host.Devices()[1].State(); got != device.StateOnline {
		t.Errorf("state %s after it came back", got)
	}
	w.wantLog("device online again")
}

// A command that is under way when a poll falls due serves as one. Where it is not
// answered the poll comes right after it.
func TestCommandUnderWayServesAsPoll(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  gate: {simulate: ptz, status_interval: 19s, timeout: 5s}
`, map[string]string{"scripts/a.lua": `hik.every(20, function() pcall(hik.request, "gate", "GET", "/ISAPI/System/time") end)`},
		func(o *sim.Options) { o.Latency = 2 * time.Second })
	w.start()
	w.run(10*time.Minute - time.Second)
	polls := 0
	for _, r := range w.records {
		if r.What == "status" {
			polls++
		}
	}
	if polls != 1 {
		t.Errorf("%d polls of a device that answers a command at each time when one is due, want the first alone", polls)
	}
	w.head().SetFaults(sim.Fault{Name: "slow", Value: "1h", To: time.Hour})
	w.run(10 * time.Second) // one for the command to begin, its timeout, and most of that of the poll
	if got := w.host.Devices()[0].State(); got != device.StateOnline {
		t.Errorf("state %s after one command was not answered", got)
	}
	w.run(2 * time.Second)
	if got := w.host.Devices()[0].State(); got != device.StateOffline {
		t.Errorf("state %s after a command and a poll were not answered", got)
	}
}

// slowPictures lets a recorder be too slow for the pictures that are taken at
// these times, and only for them, and counts the hints.
func slowPictures(t *testing.T, times ...time.Duration) int {
	t.Helper()
	var script strings.Builder
	for _, at := range times {
		fmt.Fprintf(&script, "hik.after(%v, function() pcall(hik.snapshot, 'nvr', 1) end)\n", at.Seconds())
	}
	w := newWorld(t, "timezone: UTC\ndevices:\n  nvr: {simulate: nvr, timeout: 2s}\n", map[string]string{"scripts/a.lua": script.String()})
	w.start()
	for _, at := range times {
		w.run(at - time.Second - w.clk.Now().Sub(w.began))
		w.devices["nvr"].SetFaults(sim.Fault{Name: "slow", Value: "5s", To: 2 * time.Second})
		w.run(10 * time.Second)
	}
	w.run(time.Minute)
	if got := w.host.Devices()[0].State(); got != device.StateOnline {
		t.Errorf("state %s", got)
	}
	hint := "3 commands timed out within 10m: raise status_interval (now 1m)"
	return strings.Count(w.log.String(), hint)
}

// Three timeouts within ten minutes earn the hint, once per ten minutes.
func TestSlowRecorderGetsItsHint(t *testing.T) {
	every := func(d time.Duration, n int) (times []time.Duration) {
		for i := range n {
			times = append(times, time.Minute+time.Duration(i)*d)
		}
		return times
	}
	for _, test := range []struct {
		name  string
		times []time.Duration
		want  int
	}{
		{"two", every(time.Minute, 2), 0},
		{"three", every(time.Minute, 3), 1},
		{"just within the window", []time.Duration{time.Minute, 6 * time.Minute, 11*time.Minute - time.Second}, 1},
		{"just outside of it", []time.Duration{time.Minute, 6 * time.Minute, 11 * time.Minute}, 0},
		{"ten minutes", every(time.Minute, 10), 1},
		{"an hour", every(time.Minute, 60), 5},
	} {
		if got := slowPictures(t, test.times...); got != test.want {
			t.Errorf("%s: %d hints, want %d", test.name, got, test.want)
		}
	}
}

// A device that says nothing at all is offline, not slow.
func TestSilentDeviceGetsNoHint(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: ipc}\n", nil)
	w.start()
	w.run(90 * time.Second)
	w.devices["cam"].SetFaults(sim.Fault{Name: "slow", Value: "10h"})
	w.run(time.Hour)
	if got := w.host.Devices()[0].State(); got != device.StateOffline {
		t.Errorf("state %s", got)
	}
	if strings.Contains(w.log.String(), "device is slow") {
		t.Errorf("a silent device is called slow:\n%s", w.log)
	}
	w.devices["cam"].SetFaults()
}
