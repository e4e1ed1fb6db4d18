package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

// ask runs another program beside a running host, in its folder.
func (p *process) ask(stdin string, args ...string) (stdout, stderr string, status int) {
	p.t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Dir, c.Env = p.cmd.Dir, append(os.Environ(), beProgram+"=1")
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

func (p *process) status() runtime.Status {
	p.t.Helper()
	out, errs, code := p.ask("", "status", "--json")
	var st runtime.Status
	if err := json.Unmarshal([]byte(out), &st); err != nil || code != statusOK {
		p.t.Fatalf("%v %d %s%s", err, code, out, errs)
	}
	return st
}

func wants(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("it does not say %q:\n%s", w, got)
		}
	}
}

func lacks(t *testing.T, got string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(got, w) {
			t.Errorf("it says %q:\n%s", w, got)
		}
	}
}

// TestRunningHost asks a host whatever can be asked.
func TestRunningHost(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{
		"site.yaml":       turningSite,
		"scripts/a.lua":   `hik.cron("0 3 * * *", {name = "night"}, function() print("by hand") hik.sleep(30) end)`,
		"scripts/b.lua":   `hik.cron("0 4 * * *", {name = "night"}, print)`,
		"scripts/bad.lua": `hik.evry(1)`,
	}, "run", "--log-file", "data/hiklua.log")
	p.logs("2 of 3 scripts live")
	var st runtime.Status
	for len(st.Devices) == 0 || st.Devices[0].State != device.StateOnline {
		st = p.status()
	}
	if st.PID != p.cmd.Process.Pid || len(st.Scripts) != 3 || len(st.Jobs) != 2 {
		t.Errorf("%+v", st)
	}
	out, _, _ := p.ask("", "status")
	wants(t, out, "gate", "online", "a/night", "bad", "not loaded", "hik.evry")
	out, _, _ = p.ask("", "jobs")
	wants(t, out, "b/night", "0 4 * * *")

	// One host for a site.
	_, errs, code := p.ask("", "run")
	wants(t, errs, fmt.Sprintf("process %d, since ", st.PID))
	if code != statusFailure {
		t.Errorf("a second host ended with %d", code)
	}

	_, errs, code = p.ask("", "job", "run", "night")
	wants(t, errs, "a/night, b/night")
	if code != statusFailure {
		t.Errorf("status %d", code)
	}
	if _, errs, code := p.ask("", "job", "run", "a/night"); code != statusOK {
		t.Errorf("%s", errs)
	}
	p.logs("by hand")
	if _, _, code := p.ask("", "job", "walk", "night"); code != statusMisuse {
		t.Errorf("status %d", code)
	}

	out, _, code = p.ask("", "reload")
	wants(t, out, "bad: not loaded", `scripts/bad.lua:1: `)
	if code != statusFailure {
		t.Errorf("reload with a broken script ended with %d", code)
	}
	os.Remove(filepath.Join(p.cmd.Dir, "scripts", "bad.lua"))
	if out, _, code := p.ask("", "reload"); code != statusOK {
		t.Errorf("%d %s", code, out)
	}
	write(t, p.cmd.Dir, map[string]string{"site.yaml": "devices: 7\n"})
	out, _, code = p.ask("", "reload")
	wants(t, out, "site.yaml: not taken over", "site.yaml:1:10")
	if st := p.status(); code != statusFailure || st.Site.Error == nil || len(st.Devices) != 1 {
		t.Errorf("%d %+v", code, st.Site)
	}

	write(t, p.cmd.Dir, map[string]string{"site.yaml": "devices:\n  gate: {ip: 192.0.2.10, username: a, password: '${NOT_SET_HERE}'}\n"})
	out, _, _ = p.ask("", "reload")
	wants(t, oneLine(out), "NOT_SET_HERE is not set in the environment of the running host: restart it with that variable, or use password_file")

	out, _, _ = p.ask("", "log", "--lines", "1000")
	wants(t, out, "INF by hand script=a", "site.yaml not taken over")
	out, _, _ = p.ask("", "log", "--json", "--log-level", "error")
	for line := range strings.Lines(out) {
		var v struct{ Level string }
		if err := json.Unmarshal([]byte(line), &v); err != nil || v.Level != "ERROR" {
			t.Errorf("%v: %s", err, line)
		}
	}
	out, _, _ = p.ask("", "log", "--script", "a")
	wants(t, out, "by hand")
	lacks(t, out, "script=bad", "site.yaml", "device online")
	out, _, _ = p.ask("", "log", "--device", "gate", "--since", "1h")
	wants(t, out, "device online")
	lacks(t, out, "script=")
	if out, _, _ = p.ask("", "log", "--lines", "1", "--log-level", "error"); strings.Count(out, " ERR ") != 1 {
		t.Errorf("the last error: %q", out)
	}

	p.signal(syscall.SIGTERM)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	_, errs, code = p.ask("", "status")
	wants(t, errs, "no host runs the site in this folder", "run .")
	if code != statusFailure {
		t.Errorf("status %d", code)
	}

	// The log file is there when the host has gone.
	out, errs, code = p.ask("", "log", "--script", "a", "--lines", "1000")
	wants(t, out, "INF by hand script=a")
	wants(t, errs, "no host runs the site in this folder: this is what "+filepath.Join("data", "hiklua.log")+" has")
	lacks(t, out, "script=bad", "site.yaml", "stopped")
	if code != statusOK {
		t.Errorf("status %d", code)
	}
	out, _, _ = p.ask("", "log", "--json", "--lines", "1")
	wants(t, out, `"level":"INFO","msg":"stopped, every head is at rest"}`)
	if _, errs, code = p.ask("", "log", "--log-file", "other.log"); code != statusFailure {
		t.Errorf("status %d: %s", code, errs)
	}
	wants(t, errs, "there is no log file other.log", "run --log-file other.log")
	if _, errs, code = p.ask("", "log", "--follow"); code != statusFailure {
		t.Errorf("status %d: %s", code, errs)
	}
}

// TestLogFollow sees a line of the future, and ends with the host.
func TestLogFollow(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `print("one")`}, "run")
	p.logs("1 script live")
	p.status() // the socket is there
	c := exec.Command(os.Args[0], "log", "--follow")
	c.Dir, c.Env = p.cmd.Dir, append(os.Environ(), beProgram+"=1")
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	shows := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return
			}
		}
		t.Errorf("the log does not show %q", want)
	}
	shows("one")
	write(t, p.cmd.Dir, map[string]string{"scripts/b.lua": `print("two")`})
	shows("two")
	p.signal(syscall.SIGTERM)
	shows("stopping")
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d", status)
	}
}

// TestAttach enters a running host: it has the host's devices, and its heads
// stop when it goes.
func TestAttach(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `print("one")`}, "run")
	p.logs("1 script live")
	p.status()
	out, errs, code := p.ask("print('printed')\nx = 6\nx * 7\nhik.device('gate').state\n", "repl", "--attach")
	if code != statusOK || out != "printed\n42\nonline\n" && out != "printed\n42\n\"online\"\n" {
		t.Errorf("%d %q %q", code, out, errs)
	}
	_, errs, code = p.ask("hik.evry(1)\n", "repl", "--attach")
	wants(t, errs, "stdin:1", `did you mean "every"`)
	if code != statusFailure {
		t.Errorf("status %d", code)
	}

	// Ctrl-C, and one that is killed, in the middle of a motion.
	for _, end := range []os.Signal{os.Interrupt, os.Kill} {
		c := exec.Command(os.Args[0], "repl", "--attach")
		c.Dir, c.Env = p.cmd.Dir, append(os.Environ(), beProgram+"=1")
		in, _ := c.StdinPipe()
		answers, _ := c.StdoutPipe()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(in, `hik.device("gate"):ptz_pan_tilt(40, 0) print("turning") hik.sleep(60)`)
		answers.Read(make([]byte, 100))
		if st := p.status(); len(st.Devices[0].Heads) != 1 || !st.Devices[0].Heads[0].Moving {
			t.Errorf("%+v", st.Devices[0])
		}
		c.Process.Signal(end)
		c.Wait()
		deadline := time.Now().Add(10 * time.Second)
		for p.device.Driven(1) && time.Now().Before(deadline) {
			p.status()
		}
		p.atRest()
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}

// TestSystemd listens as systemd does.
func TestSystemd(t *testing.T) {
	dir, err := os.MkdirTemp("", "hiklua")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "100000")
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `print("one")`}, "run")
	said := func(want string) {
		t.Helper()
		buffer := make([]byte, 1000)
		for range 100 {
			n, err := systemd.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(buffer[:n]), want) {
				return
			}
		}
		t.Fatalf("systemd is not told %q", want)
	}
	said("READY=1")
	said("WATCHDOG=1")
	p.ask("", "reload")
	said("RELOADING=1")
	said("READY=1")
	p.signal(syscall.SIGTERM)
	said("STOPPING=1")
	p.ends()
}
