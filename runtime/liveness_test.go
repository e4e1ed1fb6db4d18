package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
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
	w.run(20 * time.Minute)
	if n := w.head().Counts().RejectedLogins; n < 1 || n > 2 {
		t.Errorf("%d rejected logins", n)
	}
	if got := w.host.Devices()[0].State(); got != StateUnauthorized {
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
	w.run(20 * time.Minute)
	if n := w.head().Counts().RejectedLogins; n < 1 || n > 2 {
		t.Errorf("%d rejected logins", n)
	}
	// An operator has mended it and asks.
	w.head().SetPassword("admin", "simulated")
	w.host.Devices()[0].Retry()
	w.run(time.Minute)
	if got := w.host.Devices()[0].State(); got != StateOnline {
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
	if got := w.host.Devices()[0].State(); got != StateLocked {
		t.Fatalf("state %s\n%s", got, w.log)
	}
	before := w.head().Counts()
	w.run(9 * time.Minute)
	if after := w.head().Counts(); after.Requests != before.Requests {
		t.Errorf("%d requests while the account was locked", after.Requests-before.Requests)
	}
	w.run(2 * time.Minute)
	if got := w.host.Devices()[0].State(); got != StateOnline {
		t.Errorf("state %s after the unlock time\n%s", got, w.log)
	}
	if n := w.head().Counts().RejectedLogins; n > 2 {
		t.Errorf("%d rejected logins", n)
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
	if got := w.host.Devices()[1].State(); got != StateOffline {
		t.Errorf("state %s", got)
	}
	w.run(time.Minute)
	if got := w.host.Devices()[1].State(); got != StateOnline {
		t.Errorf("state %s after it came back", got)
	}
	w.wantLog("device online again")
}

func TestSlowRecorderGetsItsHint(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  nvr: {simulate: nvr, timeout: 2s}
`, map[string]string{"scripts/a.lua": `hik.every(60, function() pcall(hik.snapshot, "nvr", 1) end)`})
	w.start()
	w.run(90 * time.Second)
	w.devices["nvr"].SetFaults(sim.Fault{Name: "slow", Value: "5s"})
	w.run(30 * time.Second)
	if strings.Contains(w.log.String(), "raise status_interval") {
		t.Error("the hint came before the third timeout")
	}
	w.run(5 * time.Minute)
	w.wantLog("raise status_interval")
	w.devices["nvr"].SetFaults()
}
