package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// app is one run of the program and what it may touch of its surroundings.
type app struct {
	name           string // how the user starts the program, for commands to copy
	env            func(string) (string, bool)
	stdin          io.Reader
	stdout, stderr io.Writer // stderr of a process is an outlet
	out            io.Writer // stdout for those who must not wait; nil: stdout itself
	clk            clock.Clock
	sockets        bool   // the demo's devices are on real ports, not in memory
	advertise      string // engine.Config.Advertise of a host or witness

	logFormat, logLevel *enumFlag
}

// run is the program: args are those of the process, its name included. It
// returns the exit status.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer, advertise string) int {
	errs := outlet.New(stderr)
	out := errs // what comes on one terminal comes in order
	if !sameFile(stdout, stderr) {
		out = outlet.New(stdout)
	}
	a := &app{
		name: "hiklua", env: env, stdin: stdin, stdout: stdout, stderr: errs, out: out,
		clk: clock.Real(), sockets: true, advertise: advertise,
	}
	status := a.run(ctx, args)
	out.Flush(ctx)
	errs.Flush(over())
	return status
}

// output is where scripts write. Only they wait for its reader.
func (a *app) output() io.Writer {
	if a.out == nil {
		return a.stdout
	}
	return a.out
}

// room is for others that write as much as scripts: it waits until the reader
// of output has caught up.
func (a *app) room(ctx context.Context) {
	if o, ok := a.output().(runtime.Outlet); ok && o.Full() {
		o.Room(ctx)
	}
}

func (a *app) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		args = []string{"hiklua"}
	}
	a.name = invocation(args[0])
	a.logFormat, a.logLevel = newLogFormat(), newLogLevel()
	root := newRootCommand(a)
	root.SetArgs(args[1:])
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	var err error
	var command *cobra.Command
	a.do(func() { command, err = root.ExecuteContextC(ctx) })
	if f := command.Flags().Lookup("json"); f != nil && f.Value.String() == "true" {
		a.reportJSON(err)
	}
	return a.report(err)
}

// do runs f where it may wait by the clock, and returns when f has ended.
func (a *app) do(f func()) {
	if virtual, ok := a.clk.(*clock.Virtual); ok {
		virtual.Do(f)
		return
	}
	f()
}

// invocation is what to type to start the program again: its name where the
// shell finds it by that, else the path as it was given. The binary that "go
// run" makes is gone afterwards.
func invocation(arg0 string) string {
	path := filepath.ToSlash(arg0)
	name := strings.TrimSuffix(filepath.Base(arg0), ".exe")
	switch {
	case strings.Contains(path, "/go-build"):
		if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
			return "go run " + info.Path + "@" + info.Main.Version
		}
		return "go run ./cmd/hiklua"
	case !strings.Contains(path, "/"):
		return shellWord(name)
	}
	if found, err := exec.LookPath(name); err == nil && samePath(found, arg0) {
		return shellWord(name)
	}
	return shellWord(arg0)
}

// samePath reports whether two paths lead to one file.
func samePath(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// shellWord quotes an argument for commands that are printed to be copied.
func shellWord(s string) string { return quotedWord(s, filepath.Separator == '\\') }

// quotedWord is a word for a POSIX shell, or for both shells of Windows: cmd.exe
// knows only double quotes, in which PowerShell looks for variables.
func quotedWord(s string, windows bool) string {
	plain := "-_./:@%+,="
	if windows {
		plain += `\`
	}
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(plain, r)
	}
	switch {
	case s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0:
		return s
	case !windows:
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	case strings.ContainsAny(s, "$`\""):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}

// colour reports whether w takes colours: a terminal, unless NO_COLOR says no.
func (a *app) colour(w io.Writer) bool {
	if no, _ := a.env("NO_COLOR"); no != "" {
		return false
	}
	if kind, _ := a.env("TERM"); kind == "dumb" {
		return false
	}
	return isTerminal(w)
}

func isTerminal(stream any) bool {
	if e, ok := stream.(*editor); ok {
		stream = e.screen
	}
	if o, ok := stream.(*outlet.Outlet); ok {
		stream = o.Writer()
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
