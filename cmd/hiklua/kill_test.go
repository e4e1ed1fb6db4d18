package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// killed ends the process as kill -9 does, and gives the lines of its log.
func (p *process) killed() []string {
	p.t.Helper()
	p.signal(os.Kill)
	p.ends()
	return p.log
}

// TestKilledHostIsMadeGood kills a host whose head turns and whose script
// counts: the next one stops the head before it loads scripts, and finds every
// number that a wait had returned for.
func TestKilledHostIsMadeGood(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{
		"site.yaml":        turningSite,
		"scripts/turn.lua": turner,
		"scripts/count.lua": `print("begins with " .. (hik.state.n or 0)) hik.spawn(function()
			while true do hik.state.n = (hik.state.n or 0) + 1 hik.state.again = {n = hik.state.n} hik.sleep(0.001) print("has " .. hik.state.n) end
		end)`,
	}, "run")
	p.logs("turning")
	p.logs("has 20")
	log := p.killed()
	if !p.device.Driven(1) {
		t.Fatal("the head does not turn")
	}
	told := 0
	for _, line := range log {
		if _, n, ok := strings.Cut(line, "has "); ok {
			fmt.Sscan(n, &told)
		}
	}
	write(t, p.cmd.Dir, map[string]string{"scripts/turn.lua": `print("turns no more")`})

	p.launch(p.cmd.Dir, []string{"run"})
	p.logs("a head was left moving when hiklua ended: it is stopped now")
	p.logs("begins with ")
	_, n, _ := strings.Cut(p.log[len(p.log)-1], "begins with ")
	var found int
	if fmt.Sscan(n, &found); found < told || found > told+1 {
		t.Errorf("the state has %d, the script was told of %d", found, told)
	}
	p.logs("has ")
	p.signal(os.Interrupt)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	p.atRest()

	// It stands, and no third start stops it again.
	p.launch(p.cmd.Dir, []string{"run"})
	p.logs("begins with ")
	p.signal(os.Interrupt)
	p.ends()
	if strings.Contains(p.stderr(), "left moving") {
		t.Error(p.stderr())
	}
	out, _, _ := p.ask("", "journal", "--moves", "--device", "gate")
	wants(t, strings.Join(strings.Fields(out), " "), "gate/1 ptz_pan_tilt 40 0 0 ok", "turn/task-1", "gate/1 ptz_stop ok")
	for _, path := range []string{"data/state.db", "data/journal/00000001.jsonl"} {
		info, err := os.Stat(filepath.Join(p.cmd.Dir, path))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info, err)
		}
	}
}

// TestStateOfARunningHost: exec --alone beside a running host begins with an empty
// state, and says so when it is used.
func TestStateOfARunningHost(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `hik.shared_state.n = 7 print("loaded")`}, "run")
	p.logs("loaded")
	out, errs, status := p.ask("", "exec", "--alone", "-e", `print(1)`)
	if out != "1\n" || errs != "" || status != statusOK {
		t.Errorf("%q %q %d", out, errs, status)
	}
	out, errs, _ = p.ask("", "exec", "--alone", "-e", `print(hik.shared_state.n)`)
	wants(t, errs, "the host that runs the site has it")
	if out != "nil\n" {
		t.Errorf("%q", out)
	}
	out, _, _ = p.ask("hik.shared_state.n\n", "repl", "--attach")
	wants(t, out, "7")
}

// TestHostStartsBesideExec: a command that runs once has the state only while
// it writes, so a host starts beside it; and when that command is killed with a
// head in motion, the next host stops the head.
func TestHostStartsBesideExec(t *testing.T) {
	t.Parallel()
	code := `hik.state.n = (hik.state.n or 0) + 1 hik.shared_state.mode = "night"
		hik.device("gate"):ptz_pan_tilt(40, 0) print("turning", hik.state.n) hik.sleep(60)`
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `print("mode is " .. tostring(hik.shared_state.mode))`}, "exec", "-e", code)
	p.says("turning\t1")
	p.killed()
	p.launch(p.cmd.Dir, []string{"exec", "-e", code})
	p.says("turning\t2")
	beside := p.cmd

	p.launch(p.cmd.Dir, []string{"run"})
	p.logs("mode is night")
	for p.device.Driven(1) {
		time.Sleep(10 * time.Millisecond)
	}
	if _, errs, status := p.ask("", "exec", "--alone", "-e", `hik.state.n = 7`); status != statusOK || !strings.Contains(errs, "the host that runs the site has it") {
		t.Errorf("exec beside the host: %d %s", status, errs)
	}
	beside.Process.Signal(os.Interrupt)
	beside.Wait()
	p.signal(os.Interrupt)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	p.launch(p.cmd.Dir, []string{"run"})
	p.logs("mode is night")
	p.signal(os.Interrupt)
	p.ends()
	if strings.Contains(p.stderr(), "left moving") {
		t.Error(p.stderr())
	}
}
