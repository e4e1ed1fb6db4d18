package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestExecWaitsForTasks: a program lasts as long as what it spawned.
func TestExecWaitsForTasks(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newSession(t)
	status := s.run(context.Background(), "exec", "-e", `
		hik.spawn(function() hik.sleep("2h") print("second", hik.date("%H:%M")) end)
		print("first")`)
	if want := "first\nsecond\t14:00\n"; s.out.String() != want || status != 0 {
		t.Errorf("status %d, printed\n%s\nwant\n%s\n%s", status, s.out.String(), want, s.err.String())
	}
	if s.err.Len() > 0 {
		t.Errorf("stderr: %s", s.err.String())
	}
}

// TestExecStay: jobs keep it until Ctrl-C.
func TestExecStay(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newSession(t)
	status := s.run(s.interruptAfter(25*time.Minute), "exec", "--stay", "-e",
		`hik.cron("*/10 * * * *", function() print(hik.date("%H:%M")) end)`)
	if want := "12:10\n12:20\n"; s.out.String() != want || status != 0 {
		t.Errorf("status %d, printed %q, want %q\n%s", status, s.out.String(), want, s.err.String())
	}
}

// TestExecLog: what a script logs goes to stderr, what the host says of its
// own accord is left out unless it is asked for.
func TestExecLog(t *testing.T) {
	t.Chdir(t.TempDir())
	code := `hik.log.info("hello", {n = 1}) cam:info()`
	s := newSession(t)
	if status := s.run(context.Background(), "exec", "--simulate", "--device", "http://x", "-e", code); status != 0 {
		t.Fatal(s.err.String())
	}
	if want := "12:00:00 INF hello script=exec n=1\n"; s.err.String() != want {
		t.Errorf("stderr %q, want %q", s.err.String(), want)
	}
	s = newSession(t)
	s.run(context.Background(), "exec", "--log-level", "info", "--simulate", "--device", "http://x", "-e", "hik.sleep(1)")
	if !strings.Contains(s.err.String(), "device online device=cam") {
		t.Errorf("stderr %q", s.err.String())
	}
}

// TestExecSimulated drives a head that only exists in memory; nobody is asked
// for a password, and a motion ends with the program.
func TestExecSimulated(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": `
devices:
  gate: {ip: 192.0.2.10, username: operator, password: "${GATE_PASSWORD}", auth_mode: basic}
  nvr:
    ip: 192.0.2.11
    username: operator
    password_file: secrets/nvr
    ptz_id: stream
    channels: {yard: {address: 7}}
`})
	s := newSession(t)
	status := s.run(context.Background(), "exec", "--simulate", "-e", `
		local began = hik.now()
		hik.device("gate"):ptz_pan_tilt(40, 0, {duration = 3})
		hik.device("nvr"):channel("yard"):preset(2)
		print(hik.now() - began, #hik.channels("nvr"), hik.device("nvr"):snapshot("yard").content_type)
		hik.device("gate"):ptz_zoom(10)`)
	if want := "3\t7\timage/jpeg\n"; s.out.String() != want || status != 0 {
		t.Errorf("status %d, printed %q, want %q\n%s", status, s.out.String(), want, s.err.String())
	}
}

// brokenPipe is a terminal that has gone away.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestExecReaderGone(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newSession(t)
	s.stdout = brokenPipe{}
	if status := s.run(context.Background(), "exec", "-e", `while true do print(1) hik.sleep(1) end`); status != statusFailure {
		t.Errorf("status %d", status)
	}
}

// TestReportTellsAll: what was told hides nothing else.
func TestReportTellsAll(t *testing.T) {
	s := newSession(t)
	if status := s.report(errors.Join(errTold, errors.New("a head may still be moving"))); status != statusFailure {
		t.Errorf("status %d", status)
	}
	if want := "hiklua: a head may still be moving\n"; s.err.String() != want {
		t.Errorf("%q, want %q", s.err.String(), want)
	}
}

// TestRunPrints is the log of a host from its start to Ctrl-C.
func TestRunPrints(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, ".", map[string]string{
		"site.yaml":        "timezone: Europe/Berlin\ndevices:\n  gate: {simulate: ptz}\n",
		"scripts/ok.lua":   `hik.at("13:30", function() error("no luck") end)`,
		"scripts/bad.lua":  "\n\nx = = 1",
		"scripts/_off.lua": `error("never")`,
	})
	s := newSession(t)
	if status := s.run(s.interruptAfter(time.Hour), "run"); status != 0 {
		t.Errorf("status %d", status)
	}
	if s.out.Len() > 0 {
		t.Errorf("stdout %q", s.out.String())
	}
	lines := []string{
		"13:00:00 INF site " + dir + ": 1 device, all simulated; time zone Europe/Berlin\n",
		"13:00:00 ERR script not loaded script=bad ",
		"line=scripts/bad.lua:3",
		"13:00:00 INF script loaded script=ok jobs=1\n",
		"13:00:00 WRN 1 of 2 scripts live; a broken one is tried anew when it is saved\n",
		"13:30:00 ERR no luck script=ok ",
		"\n             scripts/ok.lua:1: in ",
		"14:00:00 INF stopping: scripts end, heads are stopped\n",
		"14:00:00 INF stopped, every head is at rest\n",
	}
	rest := s.err.String()
	for _, want := range lines {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is not, or not there, in\n%s", want, s.err.String())
		}
		rest = after
	}
}

// TestRunTellsTheMachinesZone: cron times need one, so it is said which.
func TestRunTellsTheMachinesZone(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": "devices: {}\n"})
	s := newSession(t)
	if status := s.run(s.interruptAfter(time.Minute), "run"); status != 0 {
		t.Errorf("status %d: %s", status, s.err.String())
	}
	for _, want := range []string{"time zone UTC (this machine's)", "no scripts: what is saved as scripts/NAME.lua goes live at once"} {
		if !strings.Contains(s.err.String(), want) {
			t.Errorf("%q is not in\n%s", want, s.err.String())
		}
	}
}
