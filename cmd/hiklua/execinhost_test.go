package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// beside begins a command beside a running host. Its output is read when it has
// ended.
func (p *process) beside(args ...string) (c *exec.Cmd, stdout, stderr *bytes.Buffer) {
	p.t.Helper()
	c = exec.Command(os.Args[0], args...)
	c.Dir, c.Env = p.cmd.Dir, append(os.Environ(), beProgram+"=1")
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	c.Stdout, c.Stderr = stdout, stderr
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Process.Kill() })
	return c, stdout, stderr
}

// TestExecInHost: what a program writes, and how it ends, is the same in a
// running host as alone.
func TestExecInHost(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{
		"site.yaml":     turningSite,
		"scripts/a.lua": `hik.shared_state.n = 41 print("one")`,
		"sweep.lua":     "#!/usr/bin/env hiklua\nprint(#arg, arg[0], arg[1], arg[2])\nerror('on line 3')",
	}, "run")
	p.logs("1 script live")
	p.status()
	for _, tt := range []struct {
		name   string
		args   []string
		stdin  string
		out    string
		errs   []string
		status int
	}{
		{"values and state", []string{"-e", `hik.shared_state.n = hik.shared_state.n + 1 print(hik.shared_state.n, hik.device("gate").state)`}, "", "42\tonline\n", nil, statusOK},
		{"bytes", []string{"-e", `io.write("\0\255\n") io.stdout:write("é") io.stderr:write("\254!")`}, "", "\x00\xff\né", []string{"\xfe!"}, statusOK},
		{"arguments and errors", []string{"sweep.lua", "x y", "\xff"}, "", "2\tsweep.lua\tx y\t\xff\n", []string{"sweep.lua:3: on line 3"}, statusFailure},
		{"exit status", []string{"-e", "print(...) os.exit(7)", "y"}, "", "y\n", nil, 7},
		{"stdin", []string{"-", "z"}, "print('from', arg[1])", "from\tz\n", nil, statusOK},
		{"traceback", []string{"-e", "local function f() hik.evry(1) end\nf()"}, "", "", []string{`did you mean "every"`, "-e:1", "-e:2"}, statusFailure},
		{"syntax", []string{"-e", "x ="}, "", "", []string{"-e:1"}, statusFailure},
		{"a task that fails", []string{"-e", `hik.spawn(function() error("in a task") end)`}, "", "", []string{"ERR", "in a task"}, statusFailure},
		{"log", []string{"-e", `hik.log.warn("careful", {n = 1}) hik.log.debug("unasked")`}, "", "", []string{"WRN careful script=exec n=1"}, statusOK},
		{"jobs", []string{"-e", `hik.every("1h", print)`}, "", "", []string{"1 job never ran"}, statusOK},
	} {
		out, errs, status := p.ask(tt.stdin, append([]string{"exec"}, tt.args...)...)
		if out != tt.out || status != tt.status || len(tt.errs) == 0 && errs != "" || strings.Contains(errs, "unasked") {
			t.Errorf("%s: status %d, printed %q, want %d and %q\n%s", tt.name, status, out, tt.status, tt.out, errs)
		}
		wants(t, errs, tt.errs...)
	}
	p.logs("careful") // the host's log has it, too

	out, _, _ := p.ask("hik.shared_state.n = 43\nhik.shared_state.n\nlocal _ = io.write('w\\n')\n", "repl")
	if out != "43\nw\n" {
		t.Errorf("repl: %q", out)
	}
	if out, _, _ = p.ask("", "exec", "-e", `print(hik.shared_state.n)`); out != "43\n" {
		t.Errorf("after the repl: %q", out)
	}
	if out, _, _ = p.ask("hik.shared_state.n\n", "repl", "--alone"); strings.Contains(out, "43") {
		t.Errorf("repl --alone: %q", out)
	}
	// More than any buffer holds, to a reader that stops reading.
	c := exec.Command("sh", "-c", `"$0" exec -e 'while true do print(("x"):rep(1000)) end' | head -n 2 | wc -l`, os.Args[0])
	c.Dir, c.Env = p.cmd.Dir, append(os.Environ(), beProgram+"=1")
	if lines, err := c.Output(); err != nil || strings.TrimSpace(string(lines)) != "2" {
		t.Errorf("%q %v", lines, err)
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}

// TestExecWaitsForExclusive: a head that a script has for itself is not moved
// by a command given by hand.
func TestExecWaitsForExclusive(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `
		hik.spawn(function()
			hik.exclusive("gate", 1, function()
				print("held")
				while not hik.shared_state.free do hik.sleep(0.02) end
			end)
			print("given back")
		end)`}, "run")
	p.logs("held")
	p.status()
	c, _, errs := p.beside("exec", "-e", `hik.device("gate"):preset(3)`)
	time.Sleep(500 * time.Millisecond)
	if n := p.device.Counts().Presets; n != 0 {
		t.Errorf("the head was moved %d times", n)
	}
	p.ask("", "exec", "-e", `hik.shared_state.free = true`)
	p.logs("given back")
	if err := c.Wait(); err != nil || p.device.Counts().Presets != 1 {
		t.Errorf("%v %d\n%s", err, p.device.Counts().Presets, errs)
	}
}

// TestExecInHostInterrupted: Ctrl-C ends the program in the host, and its heads
// stop; so does the end of the client, however it comes.
func TestExecInHostInterrupted(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `print("one")`}, "run")
	p.logs("1 script live")
	p.status()
	for _, end := range []os.Signal{os.Interrupt, os.Kill} {
		c, _, errs := p.beside("exec", "-e", `hik.device("gate"):ptz_pan_tilt(40, 0) hik.log.info("turning") hik.sleep(60)`)
		p.logs("turning")
		if !p.device.Driven(1) {
			t.Error("the head does not turn")
		}
		c.Process.Signal(end)
		err := c.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || end == os.Interrupt && (exit.ExitCode() != statusFailure || !strings.Contains(errs.String(), "interrupted")) {
			t.Errorf("%v %v\n%s", end, err, errs)
		}
		if end == os.Interrupt && p.device.Driven(1) {
			t.Error("the command ended before its head was stopped")
		}
		deadline := time.Now().Add(10 * time.Second)
		for p.device.Driven(1) && time.Now().Before(deadline) {
			p.status()
		}
		p.atRest()
	}

	// A host that ends takes the program with it.
	c, _, errs := p.beside("exec", "--stay", "-e", `hik.every("1h", print) hik.log.info("stays")`)
	p.logs("stays")
	p.signal(syscall.SIGTERM)
	if err := c.Wait(); err == nil || !strings.Contains(errs.String(), "the host stops") {
		t.Errorf("%v %q", err, errs)
	}
	p.ends()
}

// TestExecLeavesNothingBehind: a program that keeps nothing makes no file.
func TestExecLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := t.TempDir()
	_, port, _ := strings.Cut(p.server.Addr(), ":")
	write(t, dir, map[string]string{"site.yaml": strings.NewReplacer("ADDR", p.server.Addr(), "PORT", port).Replace(turningSite)})
	p.launch(dir, []string{"exec", "-e", `print(hik.state.n)`})
	p.says("nil")
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("a program that keeps nothing made a data folder")
	}
	p.launch(dir, []string{"exec", "-e", `hik.state.n = 7`})
	p.ends()
	p.launch(dir, []string{"exec", "-e", `print(hik.state.n)`})
	p.says("7")
	p.ends()
}
