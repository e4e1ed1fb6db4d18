package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// process is the program as a process of its own, against a simulated dome on
// a real port.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	device *sim.Device
	server *sim.Server
	stdout *bufio.Reader
	pipe   io.Closer
	errs   io.Reader
	unread []string // of stdout and stderr, those that nobody reads

	lines chan string // of stderr
	log   []string    // those that were read
}

// start starts it; ADDR in args and in files is the device's address.
func start(t *testing.T, files map[string]string, args ...string) *process {
	t.Helper()
	return startUnread(t, nil, files, args...)
}

// startUnread starts it with some of its output in pipes that nobody reads.
func startUnread(t *testing.T, unread []string, files map[string]string, args ...string) *process {
	t.Helper()
	p := aloneWithDevice(t)
	p.unread = unread
	dir := t.TempDir()
	_, port, _ := strings.Cut(p.server.Addr(), ":")
	fill := func(text string) string {
		return strings.NewReplacer("ADDR", p.server.Addr(), "PORT", port).Replace(text)
	}
	for path, content := range files {
		write(t, dir, map[string]string{path: fill(content)})
	}
	for i := range args {
		args[i] = fill(args[i])
	}
	p.launch(dir, args)
	return p
}

// aloneWithDevice is a process that is yet to start, and its device.
func aloneWithDevice(t *testing.T) *process {
	t.Helper()
	p := &process{t: t, device: sim.New(sim.Options{Model: sim.PTZ, Clock: clock.Real()})}
	server, err := sim.Listen("127.0.0.1:0", p.device)
	if err != nil {
		t.Fatal(err)
	}
	p.server = server
	t.Cleanup(func() { server.Close() })
	return p
}

// launch runs the program in a folder.
func (p *process) launch(dir string, args []string) {
	t := p.t
	t.Helper()
	p.log = nil
	p.cmd = exec.Command(os.Args[0], args...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), beProgram+"=1", "HIKLUA_PASSWORD=simulated")
	errs, errsEnd := p.stream()
	out, outEnd := p.stream()
	p.cmd.Stderr, p.cmd.Stdout = errsEnd, outEnd
	p.stdout, p.pipe = bufio.NewReader(out), out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	errsEnd.Close()
	outEnd.Close()
	p.errs = errs
	p.read()
	p.hurry()
	cmd := p.cmd
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// hurry ends the process where the test waits for it in vain; SIGQUIT shows where
// it hangs.
func (p *process) hurry() {
	cmd := p.cmd
	late := time.AfterFunc(2*patience, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	p.t.Cleanup(func() { late.Stop() })
}

func (p *process) stream() (read, write *os.File) {
	p.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { r.Close() })
	return r, w
}

// read begins to read stderr, unless nobody does.
func (p *process) read() {
	p.lines = make(chan string, 1000)
	lines, errs := p.lines, p.errs
	if slices.Contains(p.unread, "stderr") {
		close(lines)
		return
	}
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(errs); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
}

// patience is how long a test waits for a process on a machine that is busy.
const patience = time.Minute

// logs waits for a line on stderr that holds want.
func (p *process) logs(want string) {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				p.t.Fatalf("the log ended without %q:\n%s", want, p.stderr())
			}
			p.log = append(p.log, line)
			if strings.Contains(line, want) {
				return
			}
		case <-late:
			p.t.Fatalf("the log does not say %q:\n%s", want, p.stderr())
		}
	}
}

// stderr is what came so far; after ends it is all.
func (p *process) stderr() string { return strings.Join(p.log, "\n") }

// says waits for a line on stdout.
func (p *process) says(want string) {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	if strings.TrimSpace(line) != want {
		p.t.Fatalf("%q, %v; want %q\n%s", line, err, want, p.stderr())
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the end of the process and returns its status.
func (p *process) ends() int {
	p.t.Helper()
	for line := range p.lines {
		p.log = append(p.log, line)
	}
	err := p.cmd.Wait()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// atRest wants a stop in the journal after the last move.
func (p *process) atRest() {
	p.t.Helper()
	moved, stopped := false, false
	for _, e := range p.device.Journal() {
		switch {
		case e.What == "continuous 0 0 0" && e.Status == 200:
			stopped = true
		case strings.HasPrefix(e.What, "continuous"):
			moved, stopped = true, false
		}
	}
	if !moved || !stopped || p.device.Driven(1) {
		p.t.Errorf("moved %v, stopped after it %v, driven %v\n%s", moved, stopped, p.device.Driven(1), p.stderr())
	}
}
