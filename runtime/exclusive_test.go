package runtime

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hik.exclusive as scripts have it: the timeout counts, without one others wait
// as long as it takes, and what the task starts is inside.
func TestExclusiveInScripts(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `
			local yard = hik.device("gate"):channel("yard")
			hik.spawn(function()
				yard:exclusive(function(ch)
					ch:preset(1)
					hik.timeout(2, function() ch:preset(2) end)
					hik.parallel({3, 4}, function(n) ch:preset(n) end)
					hik.spawn(function() ch:preset(5) end):wait()
					ch:exclusive(function() ch:preset(6) end)
					print("inside", hik.now() - 1772625600)
					hik.sleep(200)
				end)
			end)`,
		"scripts/b.lua": `
			local function try(what, f, ...)
				local ok, err = pcall(f, ...)
				print(what, ok or err.kind, hik.now() - 1772625600)
			end
			local yard = hik.device("gate"):channel("yard")
			hik.after(1, function() try("timeout", yard.exclusive, yard, {timeout = 5}, function() end) end)
			hik.after(2, function() try("lease", yard.exclusive, yard, function() hik.sleep(10) end) end)
			hik.after(3, function() try("preset", yard.preset, yard, 7) end)
			hik.after(4, function() try("stop", yard.ptz_stop, yard) end)
			hik.after(5, function() try("ended", hik.timeout, 3, function() yard:preset(8) end) end)`,
	})
	w.start()
	w.run(10 * time.Minute)
	w.wantPrinted("inside\t0", "stop\ttrue\t4", "timeout\tbusy\t6", "ended\ttimeout\t8", "lease\ttrue\t210", "preset\ttrue\t210")
	sent := strings.Join(w.sent("gate"), ", ")
	if want := "0s goto 1, 0s goto 2, 0s goto 3, 0s goto 4, 0s goto 5, 0s goto 6, 4s continuous 0 0 0, 3m30s goto 7"; sent != want {
		t.Errorf("sent %s\nwant %s", sent, want)
	}
}

// A lease ends with its task, however that ends.
func TestExclusiveEndsWithItsTask(t *testing.T) {
	for name, end := range map[string]string{
		"error":   `error("no")`,
		"timeout": `hik.sleep(3600)`,
		"busy":    `while true do end`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead+"limits: {compute: 1s}\n", map[string]string{"scripts/a.lua": `
				local yard = hik.device("gate"):channel("yard")
				hik.after(1, {timeout = 5}, function() yard:exclusive(function() ` + end + ` end) end)
				hik.after(2, function() yard:preset(1) print("free") end)`})
			w.start()
			w.run(20 * time.Second)
			w.wantPrinted("free")
		})
	}
}

// A stop waits for the PTZ command that is under way at its head, but no longer
// than a stop may take.
func TestStopOvertakesACommandThatHangs(t *testing.T) {
	w := newWorld(t, strings.Replace(oneHead, "simulate: ptz", "simulate: ptz\n    timeout: 5m", 1), map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:ptz_pan_tilt(40, 0)
			local ok, err = pcall(yard.preset, yard, 1)
			print(ok, err.kind, hik.now() - 1772625600)
		end)
		hik.after(10, function() yard:ptz_stop() end)`})
	w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/goto") {
			w.hang(r)
			return nil, fmt.Errorf("cut off")
		}
		return device.RoundTrip(r)
	})
	w.start()
	w.run(time.Minute)
	w.wantPrinted("false\ttimeout\t15")
	w.wantSent("gate", "0s continuous 40 0 0", "15s continuous 0 0 0")
}

// What a script opens by hik.device{...} goes with its generation, and with it
// what it has set moving.
func TestOpenedDevicesGoWithTheirScript(t *testing.T) {
	source := func(i int) string {
		return fmt.Sprintf(`
			local cam = hik.device{ip = "192.0.2.%d", username = "admin", password = "simulated"}
			hik.spawn(function() cam:ptz_pan_tilt(1, 40, 0) hik.sleep(3600) end)`, i)
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source(1)})
	w.start()
	w.run(time.Second)
	live := w.clk.Live()
	for i := range 20 {
		w.write("scripts/a.lua", source(i+2))
		w.sync()
		w.run(20 * time.Second)
	}
	if n := len(w.host.devices.All()); n != 2 || w.clk.Live() != live {
		t.Errorf("%d devices; %d goroutines, were %d\n%s", n, w.clk.Live(), live, w.log)
	}
	for name, d := range w.devices {
		if d.Driven(1) != (name == "192.0.2.21") {
			t.Errorf("%s: driven %v", name, d.Driven(1))
		}
	}
}

// After a crash, a head that was moved by hik.device{...} is stopped as soon as
// a script opens that device again.
func TestHeadOfAnOpenedDeviceAfterACrash(t *testing.T) {
	const open = `local cam = hik.device{ip = "192.0.2.9", username = "admin", password = "simulated"}`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": open + ` hik.spawn(function() cam:ptz_pan_tilt(1, 40, 0) hik.sleep(3600) end)`})
	w.start()
	w.run(time.Second)
	w.crash()
	n := w.next(time.Minute, map[string]string{"scripts/a.lua": `hik.after(60, function() ` + open + ` end)`})
	n.start()
	n.run(30 * time.Second)
	n.wantLog("site.yaml does not have its device: look at it\" device=192.0.2.9 channel=1")
	if n.onDisk() != "192.0.2.9/1" {
		t.Error(n.onDisk())
	}
	n.run(time.Minute)
	n.wantLog("a head was left moving when hiklua ended: it is stopped now")
	n.wantSent("192.0.2.9", "1m0s continuous 0 0 0")
	if n.onDisk() != "" {
		t.Error(n.onDisk())
	}
}
