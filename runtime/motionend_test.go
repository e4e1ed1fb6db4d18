package runtime

import (
	"context"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// A task that is told to end has its head stopped although it cannot unwind:
// another task of its script has the lock, as one that computes has.
func TestStopDoesNotWaitForTheLock(t *testing.T) {
	for name, end := range map[string]string{
		"timeout":     `pcall(hik.timeout, 2, turn)`,
		"job timeout": `hik.after(0.001, {timeout = 2}, turn)`,
		"cancel":      `local t = hik.spawn(turn) hold = function() t:cancel() print("hold") end`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
				local gate = hik.device("gate")
				local function turn() gate:ptz_pan_tilt(40, 0) hik.sleep(3600) end
				hold = function() print("hold") end
				hik.after(1.5, function() hold() end)
				hik.spawn(function() ` + end + ` end)`})
			w.host.conf.Print = func(_, _ string) { clock.Sleep(context.Background(), w.clk, 5*time.Second) }
			w.start()
			w.run(1400 * time.Millisecond)
			if !w.head().Driven(1) {
				t.Fatalf("the head does not move\n%s", w.log)
			}
			w.run(time.Second)
			if w.head().Driven(1) {
				t.Errorf("the stop waits for another task\n%v", w.sent("gate"))
			}
		})
	}
}

// A task that hangs in Go, on a disk that is gone say, does not keep its head
// moving when the host ends.
func TestEndStopsTheHeadOfATaskThatHangs(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) print("hang") end)`})
	hang := w.clk.NewWaiter()
	w.host.conf.Print = func(_, _ string) { hang.Wait() }
	w.start()
	w.run(time.Second)
	w.stop()
	w.run(time.Second)
	if w.head().Driven(1) {
		t.Errorf("the head moves on\n%v", w.sent("gate"))
	}
	w.run(orderlyStop)
	if !w.ended || w.err != nil {
		t.Error(w.ended, w.err)
	}
	hang.Wake()
	w.run(time.Second)
}

// The REPL of another process is still connected when the host ends: its head
// is stopped although a script hangs, and also if the move is on the wire.
func TestEndStopsTheHeadsOfASession(t *testing.T) {
	for name, late := range map[string]string{"a script hangs": "", "on the wire": "late=500ms"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.spawn(function() print("hang") end)`})
			hang := w.clk.NewWaiter()
			w.host.conf.Print = func(_, _ string) { hang.Wait() }
			if late != "" {
				hang.Wake()
			}
			w.start()
			w.run(time.Second)
			session, err := w.host.NewSession(Output{})
			if err != nil {
				t.Fatal(err)
			}
			w.clk.Go(func() { session.Eval(context.Background(), `hik.preset("gate", "yard", 1)`) })
			w.run(time.Second)
			if f, err := sim.ParseFault(late); err == nil {
				w.head().SetFaults(f)
			}
			w.clk.Go(func() { session.Eval(context.Background(), `hik.ptz_pan_tilt("gate", "yard", 40, 0)`) })
			w.run(100 * time.Millisecond)
			w.stop()
			w.run(orderlyStop)
			if !w.ended || w.err != nil || w.head().Driven(1) || w.head().Counts().Moves == 0 {
				t.Errorf("ended %v: %v, driven %v, %v\n%s", w.ended, w.err, w.head().Driven(1), w.sent("gate"), w.log)
			}
			hang.Wake()
			w.clk.Go(session.Close)
			w.run(time.Minute)
		})
	}
}

// A move with a duration whose stop is not answered raises an error, as
// ptz_stop does: its task has to know, and its job runs on.
func TestDurationEndsThoughTheStopIsNotAnswered(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every(60, {name = "m"}, function()
			local began = hik.now()
			local ok, err = pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0, {duration = 5})
			print(ok, not ok and err.message or nil, hik.now() - began)
		end)`})
	w.start()
	w.run(61 * time.Second)
	w.head().SetFaults(sim.Fault{Name: "offline", To: 100 * time.Second})
	w.run(40 * time.Second)
	const late = "false\tgate channel 1: ptz_stop was not answered within 10s; it is tried until it is\t15"
	w.wantPrinted(late)
	w.run(65 * time.Second)
	if len(w.printed) != 2 || w.head().Driven(1) {
		t.Errorf("the head turns, or the job did not run again: %q\n%s", w.printed, w.log)
	}
	w.run(time.Minute)
	w.wantPrinted(late, w.printed[1], "true\tnil\t5")
}

// A move that is cancelled before it was sent moves nothing: its task does not
// wait for a stop.
func TestMoveNeverSentIsNotWaitedFor(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  gate: {simulate: ptz, concurrency: 3}\n", map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local gate = hik.device("gate")
			gate:preset(1)
			hik.spawn(function() gate:preset(2) end)
			local move = hik.spawn(function() gate:ptz_pan_tilt(40, 0) end)
			hik.sleep(0.5)
			local began = hik.now()
			move:cancel() pcall(move.wait, move)
			print(hik.now() - began < 2)
		end)`}, func(o *sim.Options) { o.Latency = time.Second })
	w.start()
	w.run(30 * time.Second)
	w.wantPrinted("true")
	if n := w.head().Counts().Moves; n != 0 {
		t.Errorf("%d moves", n)
	}
}
