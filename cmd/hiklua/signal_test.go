package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

const turn = `cam:ptz_pan_tilt(40, 0) print("turning") hik.sleep(60)`

func execTurning(t *testing.T) *process {
	p := start(t, nil, "exec", "--device", "http://admin@ADDR", "-e", turn)
	p.says("turning")
	return p
}

// TestSignalStopsTheHead ends a program in the middle of a motion in every way
// that the terminal and the system have.
func TestSignalStopsTheHead(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			if signal.Ignored(s) {
				t.Skip("ignored here, as under nohup")
			}
			p := execTurning(t)
			p.signal(s)
			if status := p.ends(); status != statusFailure {
				t.Errorf("status %d", status)
			}
			p.atRest()
			if got := p.stderr(); got != "interrupted" {
				t.Errorf("stderr %q", got)
			}
		})
	}
}

// TestReaderGoneIsNoError: what "| head" cuts off has nothing more to say.
func TestReaderGoneIsNoError(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site.yaml":     "timezone: UTC\ndevices: {gate: {simulate: ptz}}\n",
		"scripts/a.lua": `hik.every("1m", function() print("round") end)`,
	})
	read, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	defer stdout.Close()
	var errs strings.Builder
	cmd := exec.CommandContext(t.Context(), os.Args[0], "rehearse", "--for", "24h", "--full")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, stdout, &errs
	cmd.Env = append(os.Environ(), beProgram+"=1")
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != statusFailure || errs.String() != "" {
		t.Error(err, errs.String())
	}
}

// TestReaderGoneStopsTheHead closes the reader of stdout, as head does.
func TestReaderGoneStopsTheHead(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "exec", "--device", "http://admin@ADDR", "-e",
		`cam:ptz_pan_tilt(40, 0) print("turning") while true do hik.sleep(0.05) print("still") end`)
	p.says("turning")
	p.pipe.Close()
	if status := p.ends(); status != statusFailure {
		t.Errorf("status %d", status)
	}
	p.atRest()
}

const turner = `hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) print("turning") hik.sleep(60) end)`

// TestSignalEndsABusyLoop: a program that never waits ends, too.
func TestSignalEndsABusyLoop(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "exec", "-e", `print("busy") while true do end`)
	p.says("busy")
	p.signal(os.Interrupt)
	if status := p.ends(); status != statusFailure || p.stderr() != "interrupted" {
		t.Errorf("status %d, stderr %q", status, p.stderr())
	}
}

const turningSite = `devices:
  gate: {ip: 127.0.0.1, port: PORT, username: admin, password: simulated}
`

// TestRunStopsTheHead interrupts a host.
func TestRunStopsTheHead(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{
		"site.yaml":        turningSite,
		"scripts/turn.lua": turner,
		"scripts/bad.lua":  `this is no Lua`,
	}, "run")
	p.logs("turning")
	p.signal(os.Interrupt)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	p.atRest()
	for _, want := range []string{"1 device", "script not loaded script=bad", "1 of 2 scripts live", "stopped, every head is at rest"} {
		if !strings.Contains(p.stderr(), want) {
			t.Errorf("the log does not say %q:\n%s", want, p.stderr())
		}
	}
}

// TestSignalWaitsForNoFile: heads stop within 2 s of the signal while a script
// loads for a minute, at the start or after a save, and beside things in the
// site's folders that are no files: opening a pipe would never come back.
func TestSignalWaitsForNoFile(t *testing.T) {
	const slow = `print("loads") hik.sleep(59)`
	pipes := func(t *testing.T, dir string, paths ...string) {
		for _, path := range paths {
			os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755)
			if err := syscall.Mkfifo(filepath.Join(dir, path), 0o644); err != nil {
				t.Skip(err)
			}
		}
	}
	for name, prepare := range map[string]func(t *testing.T, p *process, dir string){
		"first load": func(t *testing.T, p *process, dir string) {
			write(t, dir, map[string]string{"scripts/a.lua": slow})
			p.launch(dir, []string{"run"})
			p.logs("loads")
		},
		"reload": func(t *testing.T, p *process, dir string) {
			write(t, dir, map[string]string{"scripts/a.lua": `print("first")`})
			p.launch(dir, []string{"run"})
			p.logs("2 scripts live")
			write(t, dir, map[string]string{"scripts/a.lua": slow})
			p.logs("loads")
		},
		"pipes": func(t *testing.T, p *process, dir string) {
			pipes(t, dir, "scripts/a.lua", "lib/m.lua")
			write(t, dir, map[string]string{"scripts/c.lua": `require "m"`})
			p.launch(dir, []string{"run"})
			p.logs("lib/m.lua is a pipe, not a file")
		},
		"site.yaml becomes a pipe": func(t *testing.T, p *process, dir string) {
			p.launch(dir, []string{"run"})
			p.logs("1 script live")
			os.Remove(filepath.Join(dir, "site.yaml"))
			pipes(t, dir, "site.yaml")
			p.logs("site.yaml is a pipe")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := aloneWithDevice(t)
			_, port, _ := strings.Cut(p.server.Addr(), ":")
			dir := t.TempDir()
			write(t, dir, map[string]string{
				"site.yaml":     strings.Replace(turningSite, "PORT", port, 1) + "limits: {load: 1h, motion: 5m}\n",
				"scripts/b.lua": turner,
			})
			prepare(t, p, dir)
			for began := time.Now(); !p.device.Driven(1); time.Sleep(10 * time.Millisecond) {
				if time.Since(began) > patience {
					t.Fatalf("the head does not move:\n%s", p.stderr())
				}
			}
			began := time.Now()
			p.signal(syscall.SIGTERM)
			for p.device.Driven(1) && time.Since(began) < 5*time.Second {
				time.Sleep(10 * time.Millisecond)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("the head was stopped after %v", took)
			}
			if status := p.ends(); status != statusOK {
				t.Errorf("status %d\n%s", status, p.stderr())
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the end took %v", took)
			}
			p.atRest()
		})
	}
}

// TestSecondSignal: the device does not answer any more, so the first Ctrl-C
// waits for its stop, and the second one does not for long.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := execTurning(t)
	off, err := sim.ParseFault("offline")
	if err != nil {
		t.Fatal(err)
	}
	p.device.SetFaults(off)
	began := time.Now()
	p.signal(os.Interrupt)
	p.logs("stop not answered")
	p.signal(os.Interrupt)
	if status := p.ends(); status != statusFailure {
		t.Errorf("status %d", status)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(p.stderr(), "may still be moving") {
		t.Errorf("nothing says that the head may be moving:\n%s", p.stderr())
	}
}

// TestSavedScriptGoesLive saves a script while the host runs.
func TestSavedScriptGoesLive(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `print("one")`}, "run")
	p.logs("1 script live")
	write(t, p.cmd.Dir, map[string]string{"scripts/b.lua": turner})
	p.logs("turning")
	if err := os.Remove(filepath.Join(p.cmd.Dir, "scripts", "b.lua")); err != nil {
		t.Fatal(err)
	}
	p.logs("script removed")
	if p.device.Driven(1) {
		t.Error("the script's end did not stop the head")
	}
	p.signal(syscall.SIGTERM)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d", status)
	}
	p.atRest()
}

// TestDemoOnRealPorts interrupts the demo as it is: a process, sockets, files
// that are watched.
func TestDemoOnRealPorts(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "demo", "--for", "4s", "--dir", "site")
	var out strings.Builder
	for !strings.Contains(out.String(), "goes to preset 7") {
		line, err := p.stdout.ReadString('\n')
		if out.WriteString(line); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
	}
	p.signal(os.Interrupt)
	rest, err := io.ReadAll(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(rest)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"http://127.0.0.1:", "patrol   script reloaded", "interrupted", "Every head is at rest.", "Try next"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo does not say %q:\n%s", want, out.String())
		}
	}
}

// TestSimCommand serves a device, and the line it prints to try works.
func TestSimCommand(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "sim", "--listen", "127.0.0.1:0", "--model", "nvr", "--fault", "slow=10ms")
	first, err := p.stdout.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, "simulated recorder of four cameras at http://127.0.0.1:") {
		t.Fatalf("%q, %v", first, err)
	}
	p.says("")
	try, _ := p.stdout.ReadString('\n')
	words := strings.Fields(strings.TrimPrefix(try, "try:"))
	if words[0] != "curl" {
		t.Fatalf("%q", try)
	}
	if curl, err := exec.LookPath("curl"); err == nil {
		out, err := exec.Command(curl, append([]string{"-s"}, words[1:]...)...).Output()
		if err != nil || !strings.Contains(string(out), "<deviceType>NVR</deviceType>") {
			t.Errorf("%s: %v\n%s", try, err, out)
		}
	}
	for _, want := range []string{"       HIKLUA_PASSWORD=", "fault:", "event:"} {
		if try, _ = p.stdout.ReadString('\n'); !strings.HasPrefix(try, want) {
			t.Fatalf("%q, want %s", try, want)
		}
	}
	words = shellWords(strings.TrimSpace(strings.TrimPrefix(try, "event:")))
	request, err := http.NewRequest(words[2], words[5], strings.NewReader(words[4]))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode >= 300 {
		t.Errorf("%s: %s", try, answer.Status)
	}
	p.signal(os.Interrupt)
	rest, _ := io.ReadAll(p.stdout)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d", status)
	}
	if !strings.Contains(string(rest), "no rejected logins") {
		t.Errorf("%s", rest)
	}
}

// TestExitStopsHeads: os.exit ends a program as any end does.
func TestExitStopsHeads(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite}, "exec", "-e",
		`hik.device("gate"):ptz_pan_tilt(40, 0) hik.spawn(function() os.exit(3) end) hik.sleep(60)`)
	if status := p.ends(); status != 3 {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	p.atRest()
}
