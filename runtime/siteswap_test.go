package runtime

import (
	"context"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/device"
)

// twoHeads has a second device beside the one of oneHead.
const twoHeads = oneHead + `  nvr:
    simulate: nvr
`

const turnForEver = `
	hik.spawn(function()
		local yard = hik.device("gate"):channel("yard")
		yard:ptz_pan_tilt(40, 0)
		hik.sleep(3600)
	end)`

// What did not change is left alone: device, connections, scripts, a motion.
func TestSiteUnchanged(t *testing.T) {
	w := newWorld(t, twoHeads+"limits: {motion: 10m}\n", map[string]string{"scripts/turn.lua": `print("load")` + turnForEver})
	w.start()
	w.run(time.Second)
	gate, asked := w.host.Devices()[0], len(w.head().Journal())
	w.write("site.yaml", "# a comment more\n"+twoHeads+"limits: {motion: 10m, tasks: 50}\nvars: {}\n")
	w.sync()
	if w.host.Devices()[0] != gate || len(w.head().Journal()) != asked || !w.head().Moving(1) {
		t.Errorf("the device was not left alone\n%s", w.log)
	}
	if w.host.site().Limits.Tasks != 50 {
		t.Error("the new limit does not count")
	}
	w.wantPrinted("load")
	w.wantLog(`changed=limits`)
}

func TestSiteDeviceAdded(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `print("a", hik.device("gate").name)`,
		"scripts/b.lua": `print("b", hik.device("nvr").name)`,
		"scripts/c.lua": `print("c", #hik.devices())`,
	})
	w.start()
	w.run(time.Second)
	w.wantPrinted("a\tgate", "c\t1")
	gate := w.host.Devices()[0]
	w.write("site.yaml", twoHeads)
	w.sync()
	w.run(time.Second)
	w.wantPrinted("a\tgate", "c\t1", "b\tnvr", "c\t2")
	if w.host.Devices()[0] != gate || w.host.Devices()[1].State() != device.StateOnline {
		t.Errorf("%s\n%s", w.host.Devices()[1].State(), w.log)
	}
}

// A device that is taken out while its head turns stops it and goes; a script
// that needs it goes on in its old version and is told.
func TestSiteDeviceRemovedInMotion(t *testing.T) {
	w := newWorld(t, twoHeads, map[string]string{
		"scripts/turn.lua":  turnForEver,
		"scripts/needs.lua": `local gate = hik.device("gate") hik.every(10, function() print(pcall(function() gate:preset(1) end)) end)`,
		"scripts/other.lua": `hik.every(10, function() print("other") end)`,
	})
	w.start()
	w.run(time.Second)
	if !w.head().Moving(1) {
		t.Fatal("the head does not move")
	}
	w.write("site.yaml", "timezone: UTC\ndevices:\n  nvr:\n    simulate: nvr\n")
	w.sync()
	w.run(time.Second)
	if w.head().Moving(1) || w.head().Driven(1) {
		t.Error("the head moves on")
	}
	if len(w.host.devices.All()) != 1 {
		t.Errorf("%d devices, want 1", len(w.host.devices.All()))
	}
	w.wantLog(`no device \"gate\"`)
	w.wantLog("the old one runs on")
	w.run(9 * time.Second)
	out := strings.Join(w.printed, "\n")
	if !strings.Contains(out, "other") || !strings.Contains(out, "taken out of the site") {
		t.Errorf("%s\n%s", out, w.log)
	}
	// It comes back.
	w.write("site.yaml", twoHeads)
	w.sync()
	w.run(5 * time.Second)
	if !w.head().Moving(1) {
		t.Errorf("the script did not come back with its device\n%s", w.log)
	}
}

// A device that does not answer when it is taken out is asked to stop until it
// does.
func TestSiteDeviceRemovedOffline(t *testing.T) {
	w := newWorld(t, twoHeads, map[string]string{"scripts/turn.lua": turnForEver})
	w.start()
	w.run(time.Second)
	off, _ := sim.ParseFault("offline")
	w.head().SetFaults(off)
	w.write("site.yaml", "timezone: UTC\ndevices:\n  nvr:\n    simulate: nvr\n")
	w.sync()
	w.run(20 * time.Second)
	w.head().SetFaults()
	w.run(10 * time.Second)
	if w.head().Driven(1) || len(w.host.devices.All()) != 1 {
		t.Errorf("driven %v, %d devices\n%s", w.head().Driven(1), len(w.host.devices.All()), w.log)
	}
}

// A new password is tried at once, and tasks and queue go on.
func TestSitePasswordChanged(t *testing.T) {
	yaml := "timezone: UTC\ndevices:\n  gate:\n    ip: 192.0.2.1\n    username: admin\n    password: WORD\n    channels: {yard: {address: 1}}\n"
	w := newWorld(t, strings.ReplaceAll(yaml, "WORD", "wrong1"), map[string]string{
		"scripts/a.lua": `print("load") hik.every(10, function() print(pcall(function() hik.device("gate"):preset(1) end) and "moved" or "failed") end)`,
	})
	camera := sim.New(sim.Options{Name: "gate", Model: sim.PTZ, Clock: w.clk, Username: "admin", Password: "right1"})
	w.via["gate"] = func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		return camera.Transport().RoundTrip(r)
	}
	gate := w.host.Devices()[0]
	w.start()
	w.run(15 * time.Second)
	if gate.State() != device.StateUnauthorized {
		t.Fatalf("%s\n%s", gate.State(), w.log)
	}
	rejected := camera.Counts().RejectedLogins
	w.write("site.yaml", strings.ReplaceAll(yaml, "WORD", "right1"))
	w.sync()
	w.run(10 * time.Second)
	if gate.State() != device.StateOnline || w.host.Devices()[0] != gate || camera.Counts().RejectedLogins != rejected {
		t.Errorf("%s, rejected %d, were %d\n%s", gate.State(), camera.Counts().RejectedLogins, rejected, w.log)
	}
	w.wantPrinted("load", "failed", "moved")
	if strings.Contains(w.log.String(), "right1") || strings.Contains(w.log.String(), "wrong1") {
		t.Errorf("a password is in the log:\n%s", w.log)
	}
}

// Another address is another device: the head stops first, and those who know
// the old one get the new.
func TestSiteAddressChanged(t *testing.T) {
	yaml := func(host string) string {
		return "timezone: UTC\ndevices:\n  gate: {ip: " + host + ", username: admin, password: secret12, channels: {yard: {address: 1}}}\n"
	}
	dome := func(o *sim.Options) { o.Model = sim.PTZ }
	w := newWorld(t, yaml("192.0.2.1"), map[string]string{"scripts/turn.lua": turnForEver}, dome)
	w.start()
	w.run(time.Second)
	old := w.head()
	w.write("site.yaml", yaml("192.0.2.2"))
	w.sync()
	w.run(2 * time.Second)
	if now := w.head(); now == old || old.Driven(1) || !now.Driven(1) {
		t.Errorf("new %v, old driven %v, new driven %v\n%s", now != old, old.Driven(1), now.Driven(1), w.log)
	}
	if len(w.host.devices.All()) != 1 {
		t.Errorf("%d devices", len(w.host.devices.All()))
	}
}

// A broken site.yaml changes nothing and says why, once.
func TestSiteBroken(t *testing.T) {
	for name, broken := range map[string]string{
		"syntax":      oneHead + "vars: {a: [}\n",
		"unknown key": oneHead + "tymezone: UTC\n",
		"bad device":  oneHead + "  nvr: {simulate: toaster}\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/turn.lua": `print("load")` + turnForEver})
			w.start()
			w.run(time.Second)
			w.write("site.yaml", broken)
			var changes []Change
			w.clk.Go(func() { changes = w.host.Sync(context.Background()) })
			w.run(time.Second)
			if len(changes) != 1 || changes[0].Err == nil || w.host.SiteError() == nil || !w.head().Moving(1) {
				t.Fatalf("%+v\n%s", changes, w.log)
			}
			w.sync()
			if n := strings.Count(w.log.String(), "not taken over"); n != 1 {
				t.Errorf("told %d times\n%s", n, w.log)
			}
			w.wantPrinted("load")
			// Also an empty file is no site without devices, but an editor at work.
			w.write("site.yaml", "")
			w.sync()
			if n := strings.Count(w.log.String(), "not taken over"); n != 1 {
				t.Errorf("told %d times, the last time of an empty file\n%s", n, w.log)
			}
			w.write("site.yaml", oneHead)
			w.sync()
			if w.host.SiteError() != nil || !w.head().Moving(1) || len(w.host.Devices()) != 1 {
				t.Errorf("%v\n%s", w.host.SiteError(), w.log)
			}
		})
	}
}

func TestSiteVarsReloadScripts(t *testing.T) {
	w := newWorld(t, oneHead+"vars: {word: one}\n", map[string]string{
		"scripts/a.lua": `print(hik.vars.word, hik.date("%H", 0)) assert(hik.vars.word ~= "bad", "no such word")
			hik.every(10, function() print("run", hik.vars.word) end)`,
	})
	w.start()
	w.run(time.Second)
	w.write("site.yaml", oneHead+"vars: {word: two}\n")
	w.sync()
	w.write("site.yaml", oneHead+"vars: {word: bad}\n")
	w.sync()
	w.run(10 * time.Second)
	w.write("site.yaml", strings.Replace(oneHead, "UTC", "Europe/Berlin", 1))
	w.sync()
	w.run(time.Second)
	if got := strings.Join(w.printed, "|"); got != "one\t00|two\t00|bad\t00|run\ttwo|nil\t01" {
		t.Errorf("%s\n%s", got, w.log)
	}
	w.wantLog("no such word")
}

// A device that has moved house while its head turned is asked at its new
// address soon, and its head is stopped there. At the old one it is looked for
// for a minute.
func TestSiteAddressOfADeviceThatIsGone(t *testing.T) {
	yaml := "timezone: UTC\ndevices:\n  gate: {ip: 192.0.2.1, username: admin, password: simulated, timeout: 1s}\n"
	w := newWorld(t, yaml, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			if hik.device("gate").state == "unknown" then
				hik.sleep(0.5)
				hik.ptz_pan_tilt("gate", 1, 40, 0)
				hik.sleep(3600)
			end
		end)
		hik.after(1, function() if hik.now() > 1772625603 then hik.preset("gate", 1, 1) print("preset", hik.now() - 1772625600) end end)`})
	w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if r.URL.Host == "192.0.2.1" && w.clk.Now().Sub(noon) >= 3*time.Second {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}
		}
		return device.RoundTrip(r)
	})
	w.start()
	w.run(3 * time.Second)
	old := w.head()
	if !old.Driven(1) {
		t.Fatalf("the head does not turn\n%s", w.log)
	}
	w.write("site.yaml", strings.Replace(yaml, "192.0.2.1", "192.0.2.2", 1))
	w.sync()
	w.run(30 * time.Second)
	if c := w.head().Counts(); w.head() == old || c.Stops == 0 || len(w.printed) != 1 {
		t.Errorf("%d stops at the new address, printed %q\n%s", c.Stops, w.printed, w.log)
	}
	if n := len(w.host.devices.All()); n != 1 || w.host.devices.AllAtRest() {
		t.Errorf("%d devices, at rest %v", n, w.host.devices.AllAtRest())
	}
	w.run(2 * time.Minute)
	if !w.host.devices.AllAtRest() {
		t.Errorf("the old address is still looked for\n%s", w.log)
	}
	w.end()
	if w.err != nil {
		t.Error(w.err)
	}
}
