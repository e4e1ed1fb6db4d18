package runtime

import (
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// runLua runs one script for a while and compares what it prints.
func runLua(t *testing.T, source string, d time.Duration, want ...string) *world {
	t.Helper()
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source})
	w.start()
	w.run(d)
	w.wantPrinted(want...)
	return w
}

func TestTasksRunBesideEachOther(t *testing.T) {
	runLua(t, `
		local began
		local function at() return math.floor(hik.now() - began + 0.5) end
		hik.spawn(function()
			began = hik.now()
			local a = hik.spawn(function() hik.sleep(3) print("a", at()) return "ra", 1 end)
			local b = hik.spawn(function(x) hik.sleep("1s") print(x, at()) end, "b")
			print("both begun", at())
			print(a:wait())
			b:wait()
			print("end", at())
		end)
	`, time.Minute, "both begun\t0", "b\t1", "a\t3", "ra\t1", "end\t3")
}

func TestParallelKeepsOrderAndEndsAll(t *testing.T) {
	runLua(t, `
		hik.spawn(function()
			local r = hik.parallel({3, 1, 2}, function(n, i) hik.sleep(n) return n * 10 + i end, {limit = 2})
			print(table.concat(r, " "))
			local ended = 0
			local ok, err = pcall(hik.parallel, {1, 2, 3}, function(n)
				hik.sleep(n)
				ended = ended + 1
				if n == 2 then error("two fails") end
			end)
			print(ok, tostring(err):match("two fails"), ended)
		end)
	`, time.Minute, "31 12 23", "false\ttwo fails\t3")
}

func TestTimeoutEndsOnlyItsFunction(t *testing.T) {
	w := runLua(t, `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			print(hik.timeout(5, function() hik.sleep(1) return "in time" end))
			local ok, err = pcall(hik.timeout, "2s", function()
				yard:ptz_pan_tilt(40, 0)
				hik.sleep(60)
			end)
			print(ok, err.kind)
			hik.timeout(5, function() yard:ptz_pan_tilt(-40, 0) end)
			hik.sleep(3)
			print("still here")
		end)
	`, 4*time.Second, "in time", "false\ttimeout")
	if !w.head().Driven(1) {
		t.Error("a motion that was begun inside a timeout in time goes on")
	}
	w.run(10 * time.Second)
	w.wantSent("gate", "1s continuous 40 0 0", "3s continuous 0 0 0",
		"3s continuous -40 0 0", "5s continuous -40 0 0", "6s continuous 0 0 0")
}

func TestCancelEndsATaskAtItsNextWait(t *testing.T) {
	w := runLua(t, `
		hik.spawn(function()
			local t = hik.spawn(function()
				while true do pcall(hik.sleep, 1) end
			end)
			hik.sleep(3)
			t:cancel()
			print(pcall(t.wait, t) == false)
		end)
	`, time.Minute, "true")
	if strings.Contains(w.log.String(), "ERROR") {
		t.Errorf("a cancelled task is no error:\n%s", w.log)
	}
}

func TestErrorEndsItsTaskAlone(t *testing.T) {
	w := runLua(t, `
		hik.spawn(function() hik.sleep(1) local t = nil; return t.x end)
		hik.spawn(function()
			hik.sleep(2)
			local ok, err = pcall(function() hik.device("gate"):preset(50) end)
			print(ok, err.kind, err.device, err.channel, err.script, err.line)
		end)
		hik.spawn(function() hik.sleep(3) print("alive") end)
	`, time.Minute, "false\tforbidden\tgate\t1\ta\t5", "alive")
	w.wantLog("line=scripts/a.lua:2")
	if n := strings.Count(w.log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors logged, want 1:\n%s", n, w.log)
	}
}

func TestLoadMayNotCommandDevices(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.device("gate"):preset(1)`})
	w.start()
	w.run(time.Minute)
	w.wantLog("script not loaded")
	w.wantLog("loading")
	w.wantSent("gate")
}

func TestLoadThatNeverEnds(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.sleep(3600)`,
		"scripts/b.lua": `print("b")`,
	})
	w.start()
	w.run(time.Minute)
	w.wantLog("ran longer than its limit of 30s")
	w.wantPrinted("b")
}

func TestTooManyTasks(t *testing.T) {
	runLua(t, `
		hik.spawn(function()
			local ok, err
			for i = 1, 2000 do
				ok, err = pcall(hik.spawn, function() hik.sleep(3600) end)
				if not ok then print(i, err.kind) break end
			end
		end)
	`, time.Minute, "1000\tbusy")
}

// One script, one device, one slow disk never stalls another: invariant 5.
func TestSlowDeviceStallsNobodyElse(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  slow: {simulate: ipc}
  fast: {simulate: ipc}
`, map[string]string{
		"scripts/a.lua": `hik.every(1, function() pcall(hik.time, "slow") end)`,
		"scripts/b.lua": `hik.every(1, function(j) hik.time("fast") if j.late > 0.01 then print("late", j.late) end end)`,
	})
	w.devices["slow"].SetFaults(sim.Fault{Name: "slow", Value: "30s"})
	w.start()
	w.run(61 * time.Second)
	w.wantPrinted()
	if n := w.devices["fast"].Counts().Requests; n < 60 {
		t.Errorf("the fast camera was asked %d times in a minute", n)
	}
	w.devices["slow"].SetFaults()
}
