package runtime

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// moving starts the head of gate in a task and then goes on with more.
func moving(more string) map[string]string {
	return map[string]string{"scripts/move.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:ptz_pan_tilt(40, 0)
			` + more + `
		end)
	`}
}

// Every way in which a task can end with a head in motion ends with the head
// at rest, by the device's own journal: invariant 1.
func TestHeadIsStoppedHoweverItsTaskEnds(t *testing.T) {
	tests := []struct {
		name    string
		more    string // after the move, in the task
		disturb func(w *world)
		within  time.Duration // after the disturbance
	}{
		{"return", `hik.sleep(1)`, nil, 2 * time.Second},
		{"error", `hik.sleep(1) error("no")`, nil, 2 * time.Second},
		{"error object", `hik.sleep(1) yard:preset(99)`, nil, 2 * time.Second},
		{"nil error", `hik.sleep(1) error(nil)`, nil, 2 * time.Second},
		{"misuse", `hik.sleep(1) yard:ptz_pan_tilt(200, 0)`, nil, 2 * time.Second},
		{"deep recursion", `local function f() return 1 + f() end f()`, nil, time.Second},
		{"nobody stops it", `hik.sleep(3600)`, nil, 31 * time.Second},
		{"its own stop", `hik.sleep(1) yard:ptz_stop() hik.sleep(3600)`, nil, 2 * time.Second},
		{"stop handler fails too", `hik.on_stop(function() error("no") end) hik.sleep(3600)`, func(w *world) { w.stop() }, 2 * time.Second},
		{"SIGTERM", `hik.sleep(3600)`, func(w *world) { w.stop() }, 2 * time.Second},
		{"SIGTERM, task that swallows errors", `while true do pcall(hik.sleep, 3600) end`, func(w *world) { w.stop() }, 2 * time.Second},
		{"second SIGINT", `hik.on_stop(function() hik.sleep(3600) end) hik.sleep(3600)`, func(w *world) { w.stop(); w.host.Abort() }, 2 * time.Second},
		{"cancel", `hik.sleep(3600)`, func(w *world) { w.cancelTasks() }, 2 * time.Second},
		{"reload", `hik.sleep(3600)`, func(w *world) {
			w.write("scripts/move.lua", `print("new")`)
			w.sync()
		}, 2 * time.Second},
		{"script deleted", `hik.sleep(3600)`, func(w *world) { w.remove("scripts/move.lua"); w.sync() }, 2 * time.Second},
		{"offline for a while", `hik.sleep(1) error("no")`, func(w *world) {
			w.head().SetFaults(sim.Fault{Name: "offline", To: 20 * time.Second})
		}, 26 * time.Second},
		{"busy for a while", `hik.sleep(1)`, func(w *world) {
			w.head().SetFaults(sim.Fault{Name: "busy", To: 20 * time.Second})
		}, 26 * time.Second},
		{"answers cut for a while", `hik.sleep(1)`, func(w *world) {
			w.head().SetFaults(sim.Fault{Name: "cut", To: 20 * time.Second})
		}, 2 * time.Second}, // the stop arrives, only its answer does not
		{"web pages for a while", `hik.sleep(1)`, func(w *world) {
			w.head().SetFaults(sim.Fault{Name: "html", To: 20 * time.Second})
		}, 26 * time.Second},
		{"slow", `hik.sleep(1)`, func(w *world) {
			w.head().SetFaults(sim.Fault{Name: "slow", Value: "3s"})
		}, 6 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, oneHead, moving(test.more))
			w.start()
			w.run(500 * time.Millisecond)
			if !strings.Contains(test.name, "recursion") && !w.head().Driven(1) {
				t.Fatalf("the head does not move\n%s", w.log)
			}
			if test.disturb != nil {
				test.disturb(w)
			}
			w.run(test.within)
			if w.head().Driven(1) {
				t.Errorf("the head is still moving\n%s", w.log)
			}
			if n := w.head().Counts().Stops; n == 0 {
				t.Error("no stop was sent")
			}
			w.head().SetFaults()
		})
	}
}

// The move is on its way when the task ends: the stop must not overtake it.
func TestStopWaitsForTheMoveInFlight(t *testing.T) {
	w := newWorld(t, oneHead, moving(``), func(o *sim.Options) { o.Latency = 2 * time.Second })
	w.start()
	w.run(time.Second) // login and move take several answers of 2 s
	w.stop()
	w.run(20 * time.Second)
	if w.head().Driven(1) {
		t.Errorf("the head is still moving\n%v\n%s", w.sent("gate"), w.log)
	}
	var end time.Time
	for _, e := range w.head().Journal() {
		if strings.HasSuffix(e.Path, "/continuous") && e.Status != 200 && e.Status != 401 {
			t.Errorf("a PTZ command was cut off half-way: %+v", e)
		}
		if strings.HasPrefix(e.What, "continuous") {
			if e.Start.Before(end) {
				t.Errorf("a stop and a move were on the wire at once: %+v", e)
			}
			end = e.End
		}
	}
}

// A move that timed out may still be carried out by a device that lags behind.
func TestMoveWithoutAnswerIsStopped(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/move.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:preset(1)
			hik.sleep(5)
			local ok, err = pcall(yard.ptz_pan_tilt, yard, 40, 0)
			print(ok, err.kind)
			hik.sleep(3600)
		end)
	`})
	w.start()
	w.run(3 * time.Second)
	w.head().SetFaults(sim.Fault{Name: "late", Value: "11s", To: 10 * time.Second})
	w.run(60 * time.Second)
	w.wantPrinted("false\ttimeout")
	if w.head().Driven(1) {
		t.Errorf("the head is still moving\n%v\n%s", w.sent("gate"), w.log)
	}
	// The second stop is for a device that carries out the move only now.
	w.wantSent("gate", "0s goto 1", "5s continuous 40 0 0", "15s continuous 0 0 0", "17s continuous 0 0 0")
}

// Several PTZ commands wait for one head: the stop goes before all of them.
func TestStopGoesFirstOnTheWire(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  gate: {simulate: ptz, concurrency: 8}
`, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local gate = hik.device("gate")
			gate:preset(8)
			gate:ptz_pan_tilt(40, 0)
			for i = 1, 6 do hik.spawn(function() gate:preset(i) end) end
			hik.sleep(0.5)
			gate:ptz_stop()
		end)`}, func(o *sim.Options) { o.Latency = time.Second })
	w.start()
	w.run(30 * time.Second)
	sent := w.sent("gate")
	i := slices.IndexFunc(sent, func(s string) bool { return strings.HasSuffix(s, "continuous 0 0 0") })
	if i < 0 || i > 3 {
		t.Errorf("the stop waited for more than the command on the wire:\n%s", strings.Join(sent, "\n"))
	}
}

// A full queue and many slow commands do not keep a head moving.
func TestStopGoesBeforeAFullQueue(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `
			local yard = hik.device("gate"):channel("yard")
			hik.spawn(function()
				yard:ptz_pan_tilt(40, 0)
				for i = 1, 250 do hik.spawn(function() yard:snapshot() end) end
				hik.sleep(1)
				yard:ptz_stop()
			end)`,
	}, func(o *sim.Options) { o.PictureLatency = 2 * time.Second })
	w.start()
	w.run(1500 * time.Millisecond)
	if w.head().Driven(1) {
		t.Errorf("the stop waited for pictures\n%v", w.sent("gate"))
	}
}

func TestDurationIsKeptToTheHundredth(t *testing.T) {
	for _, selfStop := range []time.Duration{0, 5 * time.Second} {
		w := newWorld(t, oneHead, map[string]string{"scripts/move.lua": `
			local yard = hik.device("gate"):channel("yard")
			hik.spawn(function()
				yard:ptz_pan_tilt(40, -10, {duration = 10})
				print("done", hik.now())
			end)
		`}, func(o *sim.Options) { o.SelfStop = selfStop })
		w.start()
		for range 1000 {
			w.run(10 * time.Millisecond)
			if now := w.clk.Now().Sub(noon); now < 10*time.Second && now > 10*time.Millisecond && !w.head().Driven(1) {
				t.Fatalf("self-stop %v: the head stood still after %v", selfStop, now)
			}
		}
		w.run(10 * time.Millisecond)
		if w.head().Driven(1) {
			t.Errorf("self-stop %v: the head still moved after 10.01 s", selfStop)
		}
	}
}

// A new command takes the head: the end of the old motion must not stop it.
func TestNewCommandTakesTheHead(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0, {duration = 5}) print("a") end)`,
		"scripts/b.lua": `hik.spawn(function() hik.sleep(2) hik.device("gate"):ptz_pan_tilt(-40, 0, {duration = 10}) print("b") end)`,
	})
	w.start()
	w.run(8 * time.Second)
	if !w.head().Driven(1) {
		t.Errorf("the end of the first motion stopped the second\n%v", w.sent("gate"))
	}
	w.wantPrinted("a")
	w.run(6 * time.Second)
	if w.head().Driven(1) {
		t.Error("the second motion was not stopped")
	}
	w.wantPrinted("a", "b")
}

// A preset ends the lease of a motion: no stop may break it off.
func TestPresetTakesTheHead(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local gate = hik.device("gate")
			gate:ptz_pan_tilt(40, 0)
			hik.sleep(1)
			gate:preset(3)
		end)`})
	w.start()
	w.run(10 * time.Second)
	w.wantSent("gate", "0s continuous 40 0 0", "1s goto 3")
}
