package runtime

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
)

// No event falls between two generations of a script: what comes while the old
// one stops is kept for the new one.
func TestNothingIsLostOverAReload(t *testing.T) {
	script := func(generation int) string {
		return fmt.Sprintf(`
			local began = %d
			hik.on_stop(function() hik.sleep(3) end) -- the old one takes its time
			hik.device("cam"):on("any", {name = "all", overlap = "allow", state = "both"}, function(ev) print(%d, ev.channel, ev.state) end)
		`, noon.Unix(), generation)
	}
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: nvr}\n", map[string]string{"scripts/a.lua": script(0)},
		func(o *sim.Options) {
			o.Dialect = sim.DialectIPC
			for id := 1; id <= 200; id++ {
				o.Channels = append(o.Channels, sim.ChannelOptions{ID: id})
			}
		})
	w.start()
	w.at(5 * time.Second)
	// An alarm each 100 ms, a reload each two seconds that takes three.
	for i := range 200 {
		w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: i + 1, For: 50 * time.Millisecond})
		if i%20 == 10 {
			w.write("scripts/a.lua", script(i))
			w.clk.Go(func() { w.host.Sync(context.Background()) })
		}
		w.run(100 * time.Millisecond)
	}
	w.run(10 * time.Second)
	seen := make(map[string]int)
	for _, line := range w.printed {
		_, event, _ := strings.Cut(line, "\t")
		seen[event]++
	}
	for i := range 200 {
		for _, state := range []string{"start", "stop"} {
			if n := seen[fmt.Sprintf("%d\t%s", i+1, state)]; n != 1 {
				t.Errorf("%s of channel %d was handled %d times", state, i+1, n)
			}
		}
	}
	wantLines(t, "streams", w.streams("cam"), "0s 0")
}

// A run that waits for its turn, or for the script's lock, goes over to the
// new generation too; one that has begun is cancelled like any other.
func TestQueuedEventsGoOver(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: nvr}\n", map[string]string{"scripts/a.lua": `
		hik.device("cam"):on("motion", {name = "m", overlap = "queue"}, function(ev) print("old", ev.channel) hik.sleep(60) end)
	`})
	w.start()
	w.at(5 * time.Second)
	for i := range 3 {
		w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: i + 1, For: 50 * time.Millisecond})
	}
	w.at(6 * time.Second)
	w.write("scripts/a.lua", `hik.device("cam"):on("motion", {name = "m", overlap = "queue"}, function(ev) print("new", ev.channel) end)`)
	w.sync()
	w.at(8 * time.Second)
	w.wantPrinted("old\t1", "new\t2", "new\t3")
	// A broken edit loses nothing, and neither does a version without the handler.
	w.write("scripts/a.lua", `error("no")`)
	w.sync()
	w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 4, For: 50 * time.Millisecond})
	w.at(9 * time.Second)
	w.wantPrinted("old\t1", "new\t2", "new\t3", "new\t4")
	w.write("scripts/a.lua", `print("bare")`)
	w.sync()
	w.at(15 * time.Second)
	w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 4, For: 50 * time.Millisecond})
	w.at(20 * time.Second)
	w.wantPrinted("old\t1", "new\t2", "new\t3", "new\t4", "bare")
}

// A reload in the moment between an event and the first line of its handler.
func TestRunThatNeverBeganGoesOver(t *testing.T) {
	w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": `hik.device("cam"):on("motion", function(ev) print("old", ev.channel) end)`})
	w.start()
	w.at(5 * time.Second)
	w.clk.Go(func() {
		h := w.host
		old, next := h.find("a"), h.newScript("a", "scripts/a.lua", Output{})
		if err := loaded(next.beginLoad([]byte(`hik.device("cam"):on("motion", function(ev) print("new", ev.channel) end)`))); err != nil {
			t.Error(err)
		}
		h.devices.Hub().Deliver(w.dev("cam"), &luaapi.Event{Type: "motion", Native: "VMD", State: "start", Device: "cam", Channel: 1})
		h.inheritHandlers(old, next)
		old.stop(errReload)
		h.mu.Lock()
		h.loaders[0].live = next
		h.mu.Unlock()
		next.goLive()
	})
	w.at(6 * time.Second)
	w.wantPrinted("new\t1")
}

func TestHandlerOptions(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		local function say(what) return function(ev, run) print(what, hik.date("%H:%M:%S"), ev.state, run.name) hik.sleep(2) end end
		yard:on("motion", {name = "night", between = "22:00-06:00", state = "both"}, say("night"))
		yard:on("motion", {name = "weekend", days = "sat,sun"}, say("weekend"))
		yard:on("motion", {name = "short", timeout = 1}, say("short"))
		local job = yard:on("motion", {name = "twice"}, say("never"))
		job = yard:on("motion", {name = "twice"}, say("once"))
		hik.after("6h", function() print(job:next(), job.name) job:run() end)
		hik.after("9h", function() job:stop() end)
	`})
	w.start()
	motion := func(at, long time.Duration) {
		w.at(at)
		w.head().Raise(sim.Alert{Type: "motion", Channel: 1, For: long})
	}
	motion(time.Hour, time.Second)
	w.at(2 * time.Hour)
	wantLines(t, "by day", w.printed, "short\t13:00:00\tstart\tshort", "once\t13:00:00\tstart\ttwice")
	w.wantLog("ran longer than its limit of 1s")
	w.printed = nil
	w.at(7 * time.Hour)
	w.wantPrinted("nil\ttwice", "once\t18:00:00\tstart\ttwice")
	w.printed = nil
	motion(18*time.Hour-10*time.Second, 30*time.Second) // begins at 05:59:50, in the window, and ends outside
	w.at(19 * time.Hour)
	w.wantPrinted("night\t05:59:50\tstart\tnight", "short\t05:59:50\tstart\tshort", "night\t06:00:24\tstop\tnight")
}

func TestHandlerSkipsByDefault(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: nvr}\n", map[string]string{"scripts/a.lua": `
		for _, overlap in ipairs{"skip", "queue", "allow"} do
			hik.device("cam"):on("motion", {name = overlap, overlap = overlap}, function(ev) print(overlap, ev.channel, hik.date("%S")) hik.sleep(2) end)
		end
	`})
	w.start()
	w.at(10 * time.Second)
	for i := range 3 {
		w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: i + 1, For: 50 * time.Millisecond})
	}
	w.at(30 * time.Second)
	w.wantPrinted("skip\t1\t10", "queue\t1\t10", "allow\t1\t10", "allow\t2\t10", "allow\t3\t10", "queue\t2\t12", "queue\t3\t14")
	if strings.Contains(w.log.String(), "level=WARN") {
		t.Error(w.log)
	}
}

// What becomes of the device itself is an event, too, and needs no stream.
func TestHostEvents(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: ipc, status_interval: 10s}\n", map[string]string{
		"scripts/a.lua": onEvents("cam", "online", "offline", "locked", "unauthorized"),
		"scripts/b.lua": `hik.device("cam"):on("offline", function(ev, run) print(ev.type, ev.device, ev.channel, ev.native, ev.time == hik.now(), run.name) end)`,
	})
	w.start()
	w.at(30 * time.Second)
	w.fault("cam", "offline@1s-30s")
	w.at(2 * time.Minute)
	w.fault("cam", "locked@1s-10m")
	w.at(30 * time.Minute)
	w.wantPrinted("0\tonline\tstart\tnil", "40\tonline\tstop\tnil", "40\toffline\tstart\tnil", "offline\tcam\tnil\t\ttrue\ton cam:offline",
		"60\toffline\tstop\tnil", "60\tonline\tstart\tnil", "130\tonline\tstop\tnil", "130\tlocked\tstart\tnil",
		"721\tlocked\tstop\tnil", "721\tonline\tstart\tnil")
	wantLines(t, "streams", w.streams("cam"))
}

// any is any event of the camera, not the host's own.
func TestAny(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: ipc, status_interval: 10s}\n", map[string]string{"scripts/a.lua": onEvents("cam", "any")})
	w.start()
	w.at(20 * time.Second)
	w.fault("cam", "offline@1s-60s")
	w.at(90 * time.Second)
	w.devices["cam"].Raise(sim.Alert{Type: "tamper", Channel: 1, For: time.Second})
	w.at(100 * time.Second)
	w.wantPrinted("90\ttamper\tstart\tch1", "91\ttamper\tstop\tch1")
}

func TestWait(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local gate, began = hik.device("gate"), hik.now()
		local function passed() return ("%.3g"):format(hik.now() - began) end
		hik.spawn(function()
			print(gate:wait("motion", {timeout = "5s"}), passed())
			local ev = gate:channel("yard"):wait("motion")
			print(ev.type, ev.state, ev.channel, passed())
			ev = gate:wait("motion", {state = "stop", timeout = 60})
			print(ev.type, ev.state, passed())
			print(pcall(gate.wait, gate, "motion", {timeout = "1s"}))
			local ok, err = pcall(hik.timeout, 3, function() return gate:wait("any") end)
			print(ok, err.kind, passed())
			print(gate.events)
		end)
		local ok, err = pcall(gate.wait, gate, "motion")
		print(ok, err.kind)
	`})
	w.start()
	w.at(10 * time.Second)
	w.head().Raise(sim.Alert{Type: "motion", Channel: 1, For: 2 * time.Second})
	w.at(60 * time.Second)
	w.wantPrinted("false\tmisuse", "nil\t5", "motion\tstart\t1\t10", "motion\tstop\t16.8", "true\tnil", "false\ttimeout\t20.8", "flowing")
	if n := len(w.streams("gate")); n != 1 {
		t.Errorf("opened %d times", n)
	}
	w.at(3 * time.Minute)
	if got := w.dev("gate").Events(); got != "off" {
		t.Errorf("dev.events is %s long after the last wait", got)
	}
}

func TestEmit(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `
			hik.on("tick", {overlap = "queue"}, function(value, run) print("a", value.n, value.list[2].deep, run.name, run.event) value.n = 99 end)
			hik.on("tick", function(value) print("a too", value.n) end)
			hik.on("nothing", function(value, run) print(value, run.event) end)
		`,
		"scripts/b.lua": `
			hik.on("tick", {between = "00:00-01:00"}, function() print("never") end)
			hik.spawn(function()
				local value = {n = 1, list = {0, {deep = "yes"}}}
				hik.emit("tick", value)
				value.n = 2
				hik.sleep(1)
				hik.emit("nothing")
				hik.emit("nobody", 1)
			end)
		`,
	})
	w.start()
	w.at(10 * time.Second)
	w.wantPrinted("a\t1\tyes\ton tick\ttick", "a too\t1", "nil\tnothing")
}

// Scripts that emit in a circle are ended; a slow circle may go on.
func TestEmitInACircle(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `n = 0 hik.on("ping", function() n = n + 1 hik.emit("pong") end) hik.after(5, function() print(n) end)`,
		"scripts/b.lua": `hik.on("pong", function() hik.spawn(function() hik.emit("ping") end) end) hik.spawn(function() hik.emit("ping") end)`,
		"scripts/c.lua": `
			m = 0
			hik.on("slow", {overlap = "allow"}, function() m = m + 1 hik.sleep(0.5) hik.emit("slow") end)
			hik.spawn(function() hik.emit("slow") end)
			hik.after(1500, function() print(m) end)`,
	})
	w.start()
	w.at(30 * time.Minute)
	w.wantPrinted("500", "3000")
	w.wantLog("is emitted in a circle")
}

// A new address or password in site.yaml leads the handlers along, those of a
// script that could not be loaded anew, too.
func TestEventsOfAChangedDevice(t *testing.T) {
	yaml := "timezone: UTC\ndevices:\n  cam: {simulate: ipc, ip: 192.0.2.1, password: first}\n"
	w := newWorld(t, yaml, map[string]string{"scripts/a.lua": onEvents("cam", "any") + `
		local first = not hik.vars.second
		assert(first, "does not load under the new site")
		hik.every(60, function() print(hik.device("cam").events) end)
	`})
	w.start()
	motion := func(at time.Duration) {
		w.at(at)
		w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Second})
		w.run(5 * time.Second)
	}
	motion(10 * time.Second)
	old := w.devices["cam"]
	// The password: the same device over a new line.
	w.write("site.yaml", strings.Replace(yaml, "first", "other", 1))
	w.sync()
	motion(20 * time.Second)
	// The address, and a script that does not like the new site.
	w.write("site.yaml", strings.Replace(strings.Replace(yaml, "first", "other", 1), "192.0.2.1", "192.0.2.2", 1)+"vars: {second: true}\n")
	w.sync()
	motion(40 * time.Second)
	w.at(61 * time.Second)
	w.wantPrinted("10\tmotion\tstart\tch1", "11\tmotion\tstop\tch1", "20\tmotion\tstart\tch1", "21\tmotion\tstop\tch1",
		"40\tmotion\tstart\tch1", "41\tmotion\tstop\tch1", "flowing")
	w.wantLog("the old one runs on")
	w.at(3 * time.Minute)
	if old == w.devices["cam"] {
		t.Fatal("the device is the same")
	}
	if n := len(w.host.devices.All()); n != 1 {
		t.Errorf("%d devices", n)
	}
}

// The same site gives the same, to the byte.
func TestEventsAreDeterministic(t *testing.T) {
	run := func() string {
		w := newWorld(t, "timezone: UTC\ndevices:\n  a: {simulate: ipc}\n  b: {simulate: nvr}\n  c: {simulate: ptz}\n", map[string]string{
			"scripts/a.lua": onEvents("a", "any", "stale") + onEvents2("b", "any", "stale"), "scripts/b.lua": onEvents("c", "motion", "offline"),
		})
		w.start()
		for i := range 30 {
			for _, name := range []string{"a", "b", "c"} {
				w.devices[name].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Duration(i) * 100 * time.Millisecond})
			}
			if i == 10 {
				w.fault("a", "offline@0s-20s")
				w.fault("b", "cut@0s-20s")
			}
			w.run(3 * time.Second)
		}
		w.end()
		return strings.Join(w.printed, "\n") + w.log.String()
	}
	first := run()
	for range 3 {
		if again := run(); again != first {
			t.Fatalf("two runs differ:\n%s\n\n%s", first, again)
		}
	}
}

func onEvents2(device string, words ...string) string {
	return "do " + onEvents(device, words...) + " end\n"
}

// Reloads leave no listener, timer or goroutine behind.
func TestReloadsLeaveNoListeners(t *testing.T) {
	source := func(i int) string {
		return fmt.Sprintf(`hik.device("gate"):on("motion", function() hik.sleep(5) end) hik.on("x", print) -- %d`, i)
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source(0)})
	w.start()
	w.at(31 * time.Second)
	live, timers := w.clk.Live(), w.clk.Pending()
	for i := range 100 {
		w.write("scripts/a.lua", source(i+1))
		w.sync()
		if i%10 == 0 {
			w.head().Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Second})
		}
		w.run(3 * time.Second)
	}
	w.run(time.Minute)
	listeners := w.host.devices.Hub().Len()
	if listeners != 2 || w.clk.Live() != live || w.clk.Pending() > timers {
		t.Errorf("%d listeners; goroutines %d, were %d; timers %d, were %d", listeners, w.clk.Live(), live, w.clk.Pending(), timers)
	}
	if n := len(w.streams("gate")); n != 1 {
		t.Errorf("the stream was opened %d times", n)
	}
}
