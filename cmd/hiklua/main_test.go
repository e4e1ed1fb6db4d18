package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hiklua/hiklua/runtime/clock"
)

// TestMain lets the tests run the program: as hiklua in scripts, and, with
// beProgram in the environment, as a process of its own that takes signals.
func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		os.Exit(program(os.Getenv(advertised)))
	}
	testscript.Main(m, map[string]func(){"hiklua": main})
}

const beProgram = "HIKLUA_TEST_BE_PROGRAM"

// advertised is what the process tells the other members of a cluster of its address.
const advertised = "HIKLUA_TEST_ADVERTISE"

// TestScripts runs what a user could type.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"misuse": misuseStatus, "exits": exitStatus},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
	})
}

// misuseStatus runs a command that has to end with status 2 and two lines:
// "! misuse hiklua ...".
func misuseStatus(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	var status *exec.ExitError
	if !neg || !errors.As(err, &status) || status.ExitCode() != statusMisuse {
		ts.Fatalf("%s ended with %v, not with status %d", strings.Join(args, " "), err, statusMisuse)
	}
	if text := ts.ReadFile("stderr"); strings.Count(text, "\n") != 2 {
		ts.Fatalf("wrong use is told in two lines, not %q", text)
	}
}

// exitStatus runs a command that has to end with a status: "exits 7 hiklua ...".
func exitStatus(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var status *exec.ExitError
	if !errors.As(err, &status) || strconv.Itoa(status.ExitCode()) != args[0] {
		ts.Fatalf("%s ended with %v, not with status %s", strings.Join(args[1:], " "), err, args[0])
	}
}

// begin is when virtual time begins in these tests.
var begin = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// session runs the program in this process, in virtual time, with devices in
// memory.
type session struct {
	*app
	out, err bytes.Buffer
	env      map[string]string
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{env: map[string]string{"TZ": "UTC"}}
	s.app = &app{
		name: "hiklua", stdin: strings.NewReader(""), stdout: &s.out, stderr: &s.err,
		env:       func(name string) (string, bool) { v, ok := s.env[name]; return v, ok },
		clk:       clock.NewVirtual(begin),
		logFormat: newLogFormat(), logLevel: newLogLevel(),
	}
	return s
}

// run types a command line and returns the exit status.
func (s *session) run(ctx context.Context, args ...string) int {
	return s.app.run(ctx, append([]string{"hiklua"}, args...))
}

// interruptAfter is the context of an operator who types Ctrl-C after d.
func (s *session) interruptAfter(d time.Duration) context.Context {
	ctx, cancel := clock.WithCancel(context.Background())
	s.clk.AfterFunc(d, cancel)
	return ctx
}

// write makes files of a site; the paths are relative to dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
