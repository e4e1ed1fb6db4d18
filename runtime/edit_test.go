package runtime

import (
	"testing"
	"time"
)

// A script whose load takes long does not hold up those after it: invariant 5.
func TestSlowLoadHoldsUpNobody(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.sleep(3600)`,
		"scripts/b.lua": `hik.every(10, function() print("b", hik.date("%M:%S")) end)`,
		"scripts/c.lua": `hik.sleep(5) hik.spawn(function() print("c", hik.date("%M:%S")) end)`,
		"scripts/d.lua": `hik.spawn(function() print("d", hik.date("%M:%S")) end)`,
	})
	w.start()
	w.run(12 * time.Second)
	w.wantPrinted("d\t00:02", "c\t00:06", "b\t00:11")
	var names []string
	for _, s := range w.host.running() {
		names = append(names, s.name)
	}
	if got := joined(names); got != "b, c, d" {
		t.Errorf("running: %s", got)
	}
	w.run(time.Minute)
	w.wantLog(`msg="script not loaded" script=a`)

	// The old version of a slow one runs on meanwhile, and the others go live.
	w.printed = nil
	w.write("scripts/b.lua", `hik.sleep(20) hik.spawn(function() print("b 2", hik.date("%M:%S")) end)`)
	w.write("scripts/d.lua", `hik.spawn(function() print("d 2", hik.date("%M:%S")) end)`)
	w.sync()
	w.run(25 * time.Second)
	w.wantPrinted("d 2\t01:13", "b\t01:21", "b\t01:31", "b 2\t01:32")
}

// A task that hangs in a call of Go holds up no reload, neither of its own
// script nor of another one.
func TestHangingTaskHoldsUpNoReload(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.spawn(function() print("hang") end)`,
		"scripts/b.lua": `hik.log.info("b 1")`,
		"scripts/c.lua": `hik.spawn(function() print("hang") end)`,
	})
	hang, again := w.clk.NewWaiter(), w.clk.NewWaiter()
	waiters := []interface{ Wait() }{hang, again}
	w.host.conf.Print = func(_, _ string) {
		next := waiters[0]
		waiters = waiters[1:]
		next.Wait()
	}
	w.start()
	w.run(time.Second)
	w.write("scripts/a.lua", `hik.log.info("a 2")`)
	w.write("scripts/b.lua", `hik.log.info("b 2")`)
	w.remove("scripts/c.lua")
	w.sync()
	w.run(time.Minute)
	for _, piece := range []string{
		`msg="script reloaded" script=a`, `msg="script reloaded" script=b`, `msg="script removed" script=c`,
		`msg="a task has not ended, nobody waits for it any longer" script=a task=a/task-1`,
	} {
		w.wantLog(piece)
	}
	if n := len(w.host.states); n != 4 {
		t.Errorf("%d states while two tasks hang", n)
	}
	hang.Wake()
	again.Wake()
	w.run(time.Second)
	if n := len(w.host.states); n != 2 {
		t.Errorf("%d states after they have ended", n)
	}
}
