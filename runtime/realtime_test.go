package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// running is a site in real time, with the files watched and the devices in
// memory: for what is checked and then done, which virtual time cannot show.
type running struct {
	t    *testing.T
	dir  string
	host *Host
	stop context.CancelFunc
	done chan error

	mu      sync.Mutex
	devices map[string]*sim.Device
	log     strings.Builder
}

func newRunning(t *testing.T, yaml string, files map[string]string) *running {
	t.Helper()
	r := &running{t: t, dir: t.TempDir(), done: make(chan error, 1), devices: make(map[string]*sim.Device)}
	r.write("site.yaml", yaml)
	for path, content := range files {
		r.write(path, content)
	}
	conf, err := site.Load(r.dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	r.host, err = New(Config{
		Site: conf, Reload: func() (*site.Site, error) { return site.Load(r.dir, noEnv) },
		Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(r, nil)), Version: "test",
		Transport: func(d site.Device) (http.RoundTripper, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			dev := r.devices[d.Name] // also over a new line
			if dev == nil {
				dev = sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clock.Real(), Username: d.Username, Password: d.Password.Reveal()})
				r.devices[d.Name] = dev
			}
			return dev.Transport(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.done <- r.host.Run(ctx, nil) }()
	t.Cleanup(r.stop)
	return r
}

// Write takes the log.
func (r *running) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(line)
}

// write saves a file as editors do, beside and renamed.
func (r *running) write(path, content string) {
	r.t.Helper()
	full := filepath.Join(r.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full+"~", []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(full+"~", full); err != nil {
		r.t.Fatal(err)
	}
}

// until waits for something that comes soon.
func (r *running) until(what string, is func() bool) {
	r.t.Helper()
	for late := time.Now().Add(60 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.t.Fatalf("it did not come: %s\n%s", what, r.log.String())
		}
	}
}

// moving reports whether some head moves.
func (r *running) moving() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.devices {
		if d.Driven(1) {
			return true
		}
	}
	return false
}

// end stops the host: heads within 2 s, all of it within 10, and nothing is left.
func (r *running) end() {
	r.t.Helper()
	began := time.Now()
	r.stop()
	for r.moving() && time.Since(began) < 5*time.Second {
		time.Sleep(time.Millisecond)
	}
	if took := time.Since(began); took > 2*time.Second {
		r.t.Errorf("heads were stopped %v after the end", took)
	}
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Error(err)
		}
	case <-time.After(orderlyStop + 5*time.Second):
		r.t.Fatal("the host does not end")
	}
	if took := time.Since(began); took > 5*time.Second {
		r.t.Errorf("the host ended after %v", took)
	}
	if r.moving() {
		r.t.Error("a head moves after the end")
	}
	if n := len(r.host.alive()); n != 0 {
		r.t.Errorf("%d Lua states are left", n)
	}
	if n := r.host.devices.Hub().Len(); n != 0 {
		r.t.Errorf("%d listeners are left", n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.Contains(r.log.String(), "please report this") {
		r.t.Error(r.log.String())
	}
}

const gateAndYard = `timezone: UTC
devices:
  gate: {simulate: ptz}
  yard: {simulate: ptz}
`

// busyScript registers and stops jobs and handlers, moves a head and waits for
// tasks, over and over.
func busyScript(device string, n int) string {
	return fmt.Sprintf(`-- %d
		local m = require "m"
		for i = 1, 4 do
			hik.spawn(function()
				while true do
					hik.every("1h", {name = "beat " .. math.random(20)}, function() end)
					hik.after(0.001, {on_reload = "finish"}, function() hik.sleep(0.002) hik.after(0.001, function() end) end)
					local heard = hik.on("word", function() end)
					hik.emit("word", i)
					hik.sleep(0.0005)
					heard:stop()
				end
			end)
		end
		hik.spawn(function()
			while true do
				pcall(function() hik.device(%q):ptz_pan_tilt(1, 40, 0, {duration = 0.002}) end)
				hik.device(%q):ptz_pan_tilt(1, 0, 20)
				hik.parallel({1, 2}, function() pcall(hik.timeout, 0.001, function() hik.sleep(1) end) end)
			end
		end)
		hik.on_stop(function() pcall(hik.timeout, 0.01, function() hik.device(%q):preset(1, 1) end) end)`, n, device, device, device)
}

// Files are saved, broken, emptied, deleted and looked at from several sides at
// once, while scripts work. At the end nothing is left of any of it.
func TestEverythingIsSavedAtOnce(t *testing.T) {
	r := newRunning(t, gateAndYard, map[string]string{
		"lib/m.lua": "return 0", "scripts/a.lua": busyScript("gate", 0), "scripts/b.lua": busyScript("yard", 0),
	})
	r.until("both run", func() bool { return len(r.host.running()) == 2 && r.moving() })
	var work sync.WaitGroup
	for _, each := range []func(i int){
		func(i int) { r.write("scripts/a.lua", busyScript("gate", i)) },
		func(i int) {
			switch i % 4 {
			case 0:
				os.Remove(filepath.Join(r.dir, "scripts", "b.lua"))
			case 1:
				r.write("scripts/b.lua", "oops(")
			default:
				r.write("scripts/b.lua", busyScript("yard", i))
			}
		},
		func(i int) { r.write("lib/m.lua", fmt.Sprint("return ", i/5)) },
		func(i int) { r.write("site.yaml", gateAndYard+fmt.Sprintf("vars: {n: %d}\n", i/7)) },
		func(int) { r.host.Sync(context.Background()) },
		func(int) { r.host.Status() },
	} {
		work.Go(func() {
			for i := range 20 {
				each(i)
				time.Sleep(time.Millisecond)
			}
		})
	}
	work.Wait()
	r.write("scripts/a.lua", busyScript("gate", 1000))
	r.write("scripts/b.lua", busyScript("yard", 1000))
	r.host.Sync(context.Background())
	if n := len(r.host.running()); n != 2 {
		t.Errorf("%d scripts run of 2", n)
	}
	os.RemoveAll(filepath.Join(r.dir, "scripts"))
	r.host.Sync(context.Background())
	r.until("everything ends", func() bool { return len(r.host.alive()) == 0 && !r.moving() })
	if n := r.host.devices.Hub().Len(); n != 0 {
		t.Errorf("%d listeners are left", n)
	}
	r.end()
}

// The host ends at any moment of a start, a reload and a change of site.yaml.
func TestEndAtAnyMoment(t *testing.T) {
	for i := range 12 {
		r := newRunning(t, gateAndYard, map[string]string{
			"lib/m.lua": "return 0", "scripts/a.lua": busyScript("gate", 0), "scripts/b.lua": "hik.sleep(0.01)" + busyScript("yard", 0),
			"scripts/c.lua": "hik.sleep(25)",
		})
		pause := time.Duration(i%4) * 3 * time.Millisecond
		if i >= 4 {
			r.until("the first runs", func() bool { return r.host.find("a") != nil && r.moving() })
			r.write("scripts/a.lua", busyScript("gate", i))
			r.write("site.yaml", strings.Replace(gateAndYard, "ptz}", fmt.Sprintf("ptz, timeout: %ds}", 5+i), 1))
			go r.host.Sync(context.Background())
		}
		time.Sleep(pause)
		r.end()
	}
}

// A script is deleted while its tasks register what would outlive it.
func TestDeletedWhileItRegisters(t *testing.T) {
	r := newRunning(t, "timezone: UTC\n", nil)
	for i := range 4 {
		r.write("scripts/a.lua", fmt.Sprintf(`-- %d
			for i = 1, 20 do hik.spawn(function() while true do hik.on("word", function() end) hik.after(3600, function() end) hik.sleep(0) end end) end`, i))
		r.until("it runs", func() bool { r.host.Sync(context.Background()); return r.host.find("a") != nil })
		os.Remove(filepath.Join(r.dir, "scripts", "a.lua"))
		r.host.Sync(context.Background())
		r.until("it is gone", func() bool { return len(r.host.alive()) == 0 })
		if n := r.host.devices.Hub().Len(); n != 0 {
			t.Fatalf("round %d: %d listeners are left", i, n)
		}
	}
	r.end()
}

// A new generation asks for the beat of jobs that the old one registers at this
// moment.
func TestBeatsAreReadWhileJobsAreRegistered(t *testing.T) {
	r := newRunning(t, "timezone: UTC\n", map[string]string{"scripts/a.lua": `
		for i = 1, 4 do hik.spawn(function() while true do hik.every("1h", {name = "beat " .. math.random(20)}, function() end) hik.sleep(0) end end) end`})
	r.until("it runs", func() bool { s := r.host.find("a"); return s != nil && len(s.allJobs()) > 0 })
	s := r.host.find("a")
	for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
		phasesOf(s)
	}
	r.end()
}

// The host ends while a new version waits for the on_stop of the one before: it
// does not go live any more.
func TestNothingGoesLiveDuringTheEnd(t *testing.T) {
	r := newRunning(t, "timezone: UTC\n", map[string]string{"scripts/a.lua": `
		hik.on_stop(function() hik.log.info("the old one ends") hik.sleep(0.5) end)`})
	r.until("it runs", func() bool { return r.host.find("a") != nil })
	r.write("scripts/a.lua", `hik.log.info("the new one loads") hik.spawn(function() hik.log.info("the new one lives") end)`)
	logged := func(text string) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return strings.Contains(r.log.String(), text)
	}
	r.until("the old one ends", func() bool { return logged("the old one ends") })
	r.end()
	if !logged("the new one loads") || logged("the new one lives") || logged("script reloaded") {
		t.Error(r.log.String())
	}
}
