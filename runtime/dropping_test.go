package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// newHolder is a world whose host has a state file and a gate.
func newHolder(t *testing.T, yaml string, files map[string]string, change ...func(*Config)) (*world, *isapi.Gate) {
	t.Helper()
	w := newWorld(t, yaml, files)
	gate := isapi.NewGate(func() bool { return true })
	conf := w.host.conf
	conf.Gate, conf.State = gate, filepath.Join(w.dir, "data", "state.db")
	for _, f := range change {
		f(&conf)
	}
	var err error
	if w.host, err = New(conf); err != nil {
		t.Fatal(err)
	}
	return w, gate
}

// lose takes the share from the host.
func (w *world) lose(gate *isapi.Gate) (took time.Duration) {
	w.t.Helper()
	began := w.clk.Now()
	dropped := false
	w.clk.Go(func() {
		gate.Close()
		w.host.Drop()
		took, dropped = w.clk.Now().Sub(began), true
	})
	w.run(5 * time.Second)
	if !dropped || !w.ended {
		w.t.Fatalf("dropped %v, Run has ended %v", dropped, w.ended)
	}
	return took
}

const busyHead = `
	hik.on("gate:motion", function() end)
	hik.every(1, function() hik.state.n = (hik.state.n or 0) + 1 end)
	hik.on_stop(function() print "on_stop" hik.ptz_stop("gate", "yard") end)
	hik.spawn(function() hik.ptz_pan_tilt("gate", "yard", 40, 0) hik.sleep(3600) end)`

// A host that has lost its share ends without a word to the devices, to people, or to
// the crash book, from which the next holder stops the head.
func TestDroppedHost(t *testing.T) {
	w, gate := newHolder(t, oneHead+"limits: {motion: 1h}\n", map[string]string{"scripts/a.lua": busyHead})
	w.start()
	w.run(time.Minute)
	if !w.head().Driven(1) {
		t.Fatalf("the head does not move\n%s", w.log)
	}
	before, records := len(w.head().Journal()), len(w.records)
	w.log.Reset()
	if took := w.lose(gate); took > dropWithin {
		t.Errorf("Drop took %v", took)
	}
	if w.err != nil {
		t.Errorf("Run: %v", w.err)
	}
	if got := w.head().Journal()[before:]; len(got) > 0 || !w.head().Driven(1) {
		t.Errorf("the device was asked %v", got)
	}
	if len(w.records) > records {
		t.Errorf("on record: %v", w.records[records:])
	}
	if log := w.log.String(); strings.Contains(log, "WARN") || strings.Contains(log, "ERROR") {
		t.Errorf("the log tells of it:\n%s", log)
	}
	w.wantPrinted()
	if got := w.onDisk(); got != "gate/1" {
		t.Errorf("in the crash book is %q", got)
	}
	if got := w.host.Devices()[0].State(); got != device.StateElsewhere {
		t.Errorf("the device is %s", got)
	}
	if err := w.host.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	w.clk.Do(w.host.Drop)
}

// It does so in the midst of an orderly end, too.
func TestDropWhileClosing(t *testing.T) {
	w, gate := newHolder(t, oneHead+"limits: {motion: 1h}\n", map[string]string{"scripts/a.lua": busyHead})
	w.start()
	w.run(time.Minute)
	w.via["gate"] = func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		w.hang(r)
		return nil, r.Context().Err()
	}
	w.stop()
	w.run(time.Second)
	if w.ended {
		t.Fatal("the host has ended although no stop was answered")
	}
	w.log.Reset()
	if took := w.lose(gate); took > dropWithin || w.err != nil {
		t.Errorf("Drop took %v; Run: %v", took, w.err)
	}
	if log := w.log.String(); strings.Contains(log, "may still be moving") {
		t.Errorf("the log tells of it:\n%s", log)
	}
	if got := w.onDisk(); got != "gate/1" {
		t.Errorf("in the crash book is %q", got)
	}
}

// Nothing that hangs keeps Drop: in real time a device that does not even end with
// its context, a disk, and a script that computes.
func TestDropWhateverHangs(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	dir := t.TempDir()
	r := &running{t: t, dir: dir}
	r.write("site.yaml", oneHead)
	r.write("scripts/a.lua", `hik.every(0.01, function() hik.state.n = (hik.state.n or 0) + 1 end)`)
	r.write("scripts/b.lua", `hik.spawn(function() hik.sleep(0.1) while true do end end)`)
	r.write("scripts/c.lua", `hik.spawn(function() hik.snapshot("gate", "yard") end)`)
	conf, err := site.Load(dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	gate := isapi.NewGate(func() bool { return true })
	asked, written := make(chan struct{}, 100), make(chan struct{}, 100)
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Version: "test", Gate: gate,
		Transport: func(site.Device) (http.RoundTripper, error) {
			return roundTrip(func(*http.Request) (*http.Response, error) {
				asked <- struct{}{}
				<-never
				return nil, context.Canceled
			}), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.conf.State = filepath.Join(dir, "data", "state.db")
	h.disk = func() error {
		written <- struct{}{}
		<-never
		return nil
	}
	if err := h.openStore(); err != nil {
		t.Fatal(err)
	}
	h.rememberDevices()
	done := make(chan error, 1)
	go func() { done <- h.Run(t.Context(), nil) }()
	for _, c := range []chan struct{}{asked, written} {
		select {
		case <-c:
		case <-time.After(60 * time.Second):
			t.Fatal("the device or the disk is never asked")
		}
	}
	gate.Close()
	began := time.Now()
	h.Drop()
	took := time.Since(began)
	if took > dropWithin+10*time.Second { // what the machine is busy with besides
		t.Errorf("Drop took %v", took)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(60 * time.Second):
		t.Error("Run does not return")
	}
}

// Wane stops heads and has scripts wait, who are told if they listen; Resume lets
// them go on.
func TestWaningHost(t *testing.T) {
	w, _ := newHolder(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.on("gate:lost", {state = "both"}, function(ev) print(ev.type, ev.state, ev.device) end)
		hik.spawn(function()
			local ok, err = pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0, {duration = "1h"})
			print(ok, err.kind, err.hint ~= nil)
			hik.preset("gate", "yard", 1)
			print "at the preset"
		end)`})
	w.start()
	w.run(10 * time.Second)
	w.host.Resume()
	w.host.Wane()
	w.host.Wane()
	w.run(5 * time.Second)
	w.wantPrinted("false\tcancelled\ttrue", "lost\tstart\tgate")
	if w.head().Driven(1) {
		t.Error("the head moves")
	}
	w.host.Resume()
	w.host.Resume()
	w.run(5 * time.Second)
	w.wantPrinted("false\tcancelled\ttrue", "lost\tstart\tgate", "at the preset", "lost\tstop\tgate")
	if sent := w.sent("gate"); !slices.Equal(sent[len(sent)-2:], []string{"10s continuous 0 0 0", "15s goto 1"}) {
		t.Errorf("the device was sent %v", sent)
	}
}

// A takeover is told once, to the scripts that are there when they have loaded.
func TestHeldIsToldOnce(t *testing.T) {
	const script = `hik.on("gate:held", function(ev) print(ev.type, ev.state, ev.host, ev.from, ev.since, ev.till) end)`
	w, _ := newHolder(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.host.TellHeld(Takeover{Host: "left", From: "right", Since: noon.Add(-8 * time.Second), Until: noon})
	w.start()
	w.run(time.Minute)
	at := float64(noon.Unix())
	told := fmt.Sprintf("held\tstart\tleft\tright\t%.0f\t%.0f", at-8, at)
	w.wantPrinted(told)
	w.write("scripts/a.lua", script+"\n")
	w.write("scripts/b.lua", script)
	w.sync()
	w.run(time.Minute)
	w.wantPrinted(told)
	w.host.TellHeld(Takeover{Host: "left"}) // not the first in a new cluster, but that is what it looks like
	w.run(time.Minute)
	one := "held\tstart\tleft\tnil\tnil\tnil"
	w.wantPrinted(told, one, one)
}

// A line and a program that end with the share say so, and not that the host stops.
func TestLinesOfALostShare(t *testing.T) {
	for what, end := range map[string]func(*world, *isapi.Gate){
		"dropped":     func(w *world, gate *isapi.Gate) { w.lose(gate) },
		"handed over": func(w *world, _ *isapi.Gate) { w.host.TellLost(); w.end() },
		"stopped":     func(w *world, _ *isapi.Gate) { w.end() },
	} {
		w, gate := newHolder(t, oneHead, nil)
		w.start()
		w.run(time.Second)
		var line, later, program error
		w.clk.Go(func() {
			session, err := w.host.NewSession(Output{})
			if err != nil {
				t.Error(err)
				return
			}
			_, line = session.Eval(context.Background(), "hik.sleep(1000)")
			_, later = session.Eval(context.Background(), "1")
		})
		w.clk.Go(func() {
			program = w.host.Exec(context.Background(), Program{Name: "-e", Source: []byte("hik.sleep(1000)")}).Err
		})
		w.run(time.Second)
		end(w, gate)
		w.run(time.Minute)
		for name, err := range map[string]error{"line": line, "later": later, "program": program} {
			if err == nil || (Report(err).Kind == "elsewhere") == (what == "stopped") {
				t.Errorf("%s, %s: %v", what, name, err)
			}
		}
	}
}

// A device of another share is not an unknown one.
func TestDeviceOfAnotherShare(t *testing.T) {
	w, _ := newHolder(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			for _, name in ipairs {"roof", "cellar", "gat"} do
				local _, err = pcall(hik.device, name)
				print(err.kind, err.device, err.message)
			end
		end)`}, func(c *Config) {
		c.Elsewhere = func(device string) (string, bool) {
			return map[string]string{"roof": "right"}[device], device == "roof" || device == "cellar"
		}
	})
	w.start()
	w.run(time.Second)
	w.wantPrinted(
		"elsewhere\troof\t"+`roof: a device of another share, which right holds`,
		"elsewhere\tcellar\t"+`cellar: a device of another share, which no host holds at present`,
		"misuse\tnil\t"+`no device "gat"`)
}

// What fails between the end of the share and Drop is neither an error of the script
// nor a picture that is missing.
func TestFailuresOfALostHost(t *testing.T) {
	w, gate := newHolder(t, oneHead+"archive: {schedules: [{channels: [gate/yard], every: 10s}]}\n", map[string]string{"scripts/a.lua": `
		hik.every(3, {name = "look"}, function() hik.snapshot("gate", "yard", {width = 64, height = 48}) end)
		hik.spawn(function() hik.sleep(61) hik.ptz_pan_tilt("gate", "yard", 40, 0, {duration = 1}) end)`})
	w.start()
	w.run(time.Minute)
	w.log.Reset()
	gate.Close()
	w.run(time.Minute)
	if log := w.log.String(); strings.Contains(log, "WARN") || strings.Contains(log, "ERROR") {
		t.Errorf("the log tells of it:\n%s", log)
	}
	for _, e := range w.record {
		if e.Err != nil && !strings.Contains(e.Err.Error(), errShutdown.Error()) || e.What == "gap" {
			t.Errorf("on record: %+v", e)
		}
	}
	if got := w.host.Devices()[0].State(); got != device.StateOnline {
		t.Errorf("the device is %s", got)
	}
	for _, m := range w.host.MissedPictures() {
		t.Errorf("missed: %+v", m)
	}
}
