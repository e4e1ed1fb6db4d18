package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/device"
)

const emitSite = `timezone: UTC
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr, channels: {ramp: {address: 1}, store: {address: 2}}}
  real: {ip: 127.0.0.1, port: PORT, username: admin, password: simulated}
  quiet: {simulate: ipc}
mqtt: {broker: "mqtt://127.0.0.1:9"}
web: {hooks: {door: {token: door-token-0123456789}}}
`

const emitScript = `
hik.on("gate/yard:motion", {name = "seen"}, function(ev) print("seen", ev.type, ev.target or "nobody") end)
hik.on("gate:offline", {name = "away"}, function(ev) print("gate is away") end)
hik.on("mqtt:door/+", {name = "message", overlap = "queue"}, function(m) print("message", m.topic, m.payload, type(m.json)) end)
hik.on("http:door", {name = "request", overlap = "queue"}, function(r) print("request", r.name, r.body, type(r.json)) end)
hik.on("closing", {name = "close"}, function(v) print("closing by", type(v) == "table" and v.by or v) end)
`

// TestEmit has a running host told of events, from outside and at its REPL.
func TestEmit(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": emitSite, "scripts/a.lua": emitScript}, "run")
	p.logs("1 script live")
	deadline := time.Now().Add(time.Minute)
	for ready := false; !ready; time.Sleep(10 * time.Millisecond) {
		st := p.status()
		if ready = true; time.Now().After(deadline) {
			t.Fatalf("%+v", st.Devices)
		}
		for _, d := range st.Devices {
			ready = ready && d.State == device.StateOnline && (d.Name != "gate" || d.Events == "flowing")
		}
	}
	for _, c := range []struct {
		args, out, err string
	}{
		{"gate motion human", "gate/yard notices motion for 5s\n", ""},
		{"nvr/store line_crossing for 20s", "nvr/store notices line_crossing for 20s\n", "events of nvr are off: a host gets them only while a script listens"},
		{"gate slow 1ms start", "gate has the fault slow by 1ms until it is stopped\n", ""},
		{"gate slow stop", "gate: slow has ended\n", ""},
		{"gate clock-wrong -2h for 1s", "gate has the fault clock-wrong by -2h0m0s for 1s\n", ""},
		{`closing {"by": "hand"}`, "closing: 1 handler told\n", ""},
		{"mqtt:door/1 wide open", "mqtt:door/1: 1 handler told\n", ""},
		{`mqtt:door/2 {"open": true}`, "mqtt:door/2: 1 handler told\n", ""},
		{`http:door {"card": 7}`, "http:door: 1 handler told\n", ""},
		{"http:door seven", "http:door: 1 handler told\n", ""},
		{"http:dor 7", "", `no script listens to "http:dor" (did you mean "http:door"?)`},
		{"mqtt:window/1 open", "", `no script listens to "mqtt:window/1"`},
		{"mqtt:door/+ open", "", "has + or # in it"},
		{"closing", "closing: 1 handler told\n", ""},
		{"real motion", "", "real is a real device: only simulated ones can be made to notice something"},
		{"gaet motion", "", `site.yaml has no device "gaet" (did you mean "gate"?)`},
		{"gate moton", "", `no event or fault is called "moton" (did you mean "motion"?)`},
		{"gate/9 motion", "", "gate has no channel 9"},
		{"nvr motion", "", "which channel of nvr: nvr/ramp, nvr/store?"},
		{"gate", "", "what happens to gate? An event such as motion"},
		{"closng", "", `no script listens to "closng" (did you mean "closing"?)`},
		{"closing {", "", "what is emitted is no JSON"},
		{"motion", "", `"motion" is an event of a device`},
	} {
		out, errs, code := p.ask("", append([]string{"emit"}, strings.Fields(c.args)...)...)
		if out != c.out || !strings.Contains(errs, c.err) || (code == statusOK) != (c.out != "") || strings.Count(errs, "\n") > 2 {
			t.Errorf("emit %s: status %d\n%s%s", c.args, code, out, errs)
		}
	}
	p.logs("seen\tmotion\thuman")
	p.logs("closing by\thand")
	p.logs("message\tdoor/1\twide open\tnil")
	p.logs("message\tdoor/2\t{\"open\":true}\ttable")
	p.logs("request\tdoor\t{\"card\":7}\ttable")
	p.logs("request\tdoor\tseven\tnil")
	p.logs("closing by\tnil")
	out, errs, _ := p.ask(".emit gate/yard motion vehicle\n.emit closing 7\n.emit gaet motion\n.emit\n", "repl", "--attach")
	wants(t, out, "gate/yard notices motion for 5s", "closing: 1 handler told")
	wants(t, errs, `stdin:3: site.yaml has no device "gaet" (did you mean "gate"?)`, "stdin:4: .emit WHAT: an event for the scripts")
	p.logs("closing by\t7")
	if _, errs, code := p.ask("", "emit"); code != statusMisuse {
		t.Error(code, errs)
	}
	if out, _, code := p.ask("", "emit", "gate", "offline", "1m"); code != statusOK {
		t.Error(code, out)
	}
	// It is on record, with what was emitted from outside.
	p.signal(os.Interrupt)
	p.ends()
	out, _, _ = p.ask("", "events")
	wants(t, out, "gate/yard  motion", "human")
	lacks(t, out, "closing")
	out, _, _ = p.ask("", "journal")
	wants(t, out, "an operator emits closing", "message mqtt:door/1", "request to http:door", "a/seen runs", "gate/yard motion (human")
	out, errs, code := p.ask("", "emit", "gate", "motion")
	if wants(t, errs, "no host runs the site in this folder"); code != statusFailure {
		t.Error(code, out)
	}
}

// A REPL without a host has simulated devices of its own.
func TestEmitAtTheREPL(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": strings.ReplaceAll(emitSite, "PORT", "9")})
	s := newSession(t)
	s.app.stdin = strings.NewReader(`hik.on("gate:motion", function(ev) print("seen", ev.target) end)
hik.on("bell", function(v) print("bell", v[1], v[2]) end)
hik.sleep(2)
.emit gate motion human
.emit bell [1, "two"]
hik.sleep(2)
.emit bel
`)
	if status := s.run(s.interruptAfter(time.Minute), "repl"); status != statusFailure {
		t.Error(status)
	}
	wants(t, s.out.String(), "gate/yard notices motion for 5s", "seen\thuman", "bell: 1 handler told", "bell\t1\ttwo")
	wants(t, s.err.String(), `no script listens to "bel" (did you mean "bell"?)`)
	s = newSession(t)
	s.run(context.Background(), "emit", "--help")
	wants(t, s.out.String(), "hiklua emit gate motion")
}
