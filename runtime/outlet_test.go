package runtime

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// stalled is a reader that never reads.
type stalled struct {
	clk  clock.Clock
	text strings.Builder
}

func (o *stalled) Write(p []byte) (int, error) { return o.text.Write(p) }

func (o *stalled) Full() bool { return true }

func (o *stalled) Room(ctx context.Context) error { return clock.WaitFor(ctx, o.clk.NewWaiter()) }

// TestStalledReader: who prints waits for the reader, and nobody else does; a
// timeout and the end of the host end the wait.
func TestStalledReader(t *testing.T) {
	for _, call := range []string{`print("x")`, `io.write("x")`, `io.stdout:write("x")`, `io.stderr:write("x")`,
		`coroutine.wrap(function() print("x") end)()`, `pcall(print, "x")`} {
		t.Run(call, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
				hik.every(1, {name = "beat"}, function() hik.log.info("beat") end)
				hik.after(1, function() hik.device("gate"):ptz_pan_tilt(40, 0) ` + call + ` hik.log.info("never") end)
				hik.after(10, function()
					local ok, err = pcall(hik.timeout, 2, function() ` + call + ` end)
					hik.log.info("ended", {ok = ok, kind = err.kind})
				end)`})
			out := &stalled{clk: w.clk}
			w.host.conf.Stdout, w.host.conf.Stderr = out, out
			w.start()
			w.run(time.Minute)
			if n := strings.Count(w.log.String(), "msg=beat"); n < 58 {
				t.Errorf("%d beats: the task that prints holds up the others", n)
			}
			w.wantLog("kind=timeout ok=false")
			w.wantLog("nobody had stopped it for limits.motion")
			w.end()
			if took := w.clk.Now().Sub(w.began); took > time.Minute+orderlyStop+time.Minute {
				t.Errorf("it took %v", took)
			}
			if strings.Contains(w.log.String(), "never") || w.err != nil {
				t.Errorf("%v\n%s", w.err, w.log)
			}
		})
	}
}

// TestNothingIsLoggedUnderALock has devices and heads go through everything
// that is told of them.
func TestNothingIsLoggedUnderALock(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every(30, function() pcall(hik.ptz_pan_tilt, "gate", 1, 40, 0) hik.sleep(25) end)
		hik.every(1, {overlap = "allow"}, function() pcall(hik.presets, "gate", 1) end)`})
	d := w.host.Devices()[0]
	w.logged = func() {
		answered := make(chan bool)
		go func() {
			d.State()
			close(answered)
		}()
		select {
		case <-answered:
		case <-time.After(60 * time.Second):
			t.Errorf("a lock of the device is held while a line is logged: the stop would wait for whoever reads the log\n%s", w.log)
		}
	}
	w.start()
	w.run(time.Minute)
	for _, fault := range []sim.Fault{{Name: "offline"}, {Name: "slow", Value: "30s"}, {Name: "locked", Value: "1m"}} {
		fault.To = 2 * time.Minute
		w.head().SetFaults(fault)
		w.run(4 * time.Minute)
	}
	w.head().SetPassword("admin", "another")
	w.run(time.Minute)
	w.head().SetPassword("admin", "simulated")
	w.host.Devices()[0].Retry()
	w.run(time.Minute)
	for _, want := range []string{"device online", "device offline", "device online again", "account locked", "login refused", "device asked anew",
		"slow under load", "stop not answered"} {
		w.wantLog(want)
	}
}
