package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/cmd/hiklua/lineedit"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/site"
)

// replAtTerminal is the session of a person who types.
func (a *app) replAtTerminal(ctx context.Context, client *control.Client, s *site.Site, o replOptions) error {
	screen, ok := a.output().(*outlet)
	if !ok {
		screen = newOutlet(a.stdout)
	}
	e, err := newEditor(a.stdin.(*os.File), screen, openHistory(historyFile(a.env)), !a.colour(a.stdout))
	if err != nil {
		return err
	}
	onScreen := *a
	onScreen.stdout, onScreen.stderr, onScreen.out = e, e, e
	r, err := onScreen.newRepl(client, s, o, &printer{w: e})
	if err != nil {
		return errors.Join(e.leave(), err)
	}
	defer clock.OnDone(hurried(ctx), r.abort)()
	e.repl = r
	defer onResize(e.Resized)()

	// Ctrl-C is the line's here, not the program's: it is a key, and the signal
	// that another program sends means the same.
	signal.Reset(os.Interrupt)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)

	r.greet()
	r.readTerminal(ctx, e, interrupts)
	if err := e.leave(); err != nil {
		return errors.Join(err, r.close())
	}

	closed := make(chan struct{})
	defer close(closed)
	go func() {
		select {
		case <-interrupts:
			hurry(ctx)
		case <-closed:
		}
	}()
	return r.close()
}

// greet says what there is.
func (r *repl) greet() {
	var devices []string
	example := `hik.device{ip = "192.0.2.10", username = "operator", password = os.getenv("PASSWORD")}:info()`
	for _, d := range r.site.Devices {
		devices = append(devices, d.Name)
		if len(devices) > 1 {
			continue
		}
		example = fmt.Sprintf("hik.device(%q):info()", d.Name)
		switch {
		case d.Name == camName:
			example = camName + ":info()"
		case len(d.Channels) > 0 && d.Channels[0].Name != "":
			example = fmt.Sprintf("hik.device(%q):channel(%q):snapshot()", d.Name, d.Channels[0].Name)
		}
	}
	there := "no site; hik.device{ip=, username=, password=} makes a device"
	if len(devices) > 0 {
		there = strings.Join(devices, ", ")
	}
	if r.host == nil {
		there += "; in the host that runs " + siteWord(r.site.Dir) + " (--alone: past it)"
	}
	fmt.Fprintf(r.stdout, "hiklua %s: %s\nFor example: %s\nTab completes, Ctrl-D leaves, .help tells more.\n", version(), there, example)
}

const replHelp = `Tab       completes names of hik, devices, channels and modules
Up, Ctrl-R   earlier lines, search in them
Ctrl-C    clears the line; while one runs: breaks it off and stops the heads
Ctrl-D    leaves, and stops the heads; .quit does the same
.help NAME   tells of a name of hik: .help preset
.trace    how the last error came about
A line that is not complete goes on in the next one. What is to last beyond its
line is written without "local".`

// readTerminal runs what is typed, until that person leaves or ctx ends.
func (r *repl) readTerminal(ctx context.Context, e *editor, interrupts <-chan os.Signal) {
	for {
		code, err := e.read(ctx)
		switch {
		case errors.Is(err, lineedit.ErrInterrupt):
			r.session.StopHeads()
			continue
		case err != nil:
			return
		}
		switch {
		case strings.TrimSpace(code) == "":
		case isCommand(code):
			text, quit, _ := r.command(code)
			if quit {
				return
			}
			fmt.Fprintln(r.stdout, text)
		default:
			r.runTyped(ctx, code, e.Interrupted(), interrupts)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// runTyped runs one line; Ctrl-C ends it.
func (r *repl) runTyped(ctx context.Context, code string, typed <-chan struct{}, interrupts <-chan os.Signal) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-typed:
		case <-interrupts:
		case <-ended:
			return
		}
		cancel()
		r.session.StopHeads()
	}()
	text, err := r.eval(ctx, code)
	close(ended)
	<-watched
	switch {
	case runtime.IsInterrupt(err):
		fmt.Fprintln(r.stdout, "interrupted")
	case err != nil:
		report := r.last
		if report.File == "repl" && !strings.Contains(strings.TrimSpace(code), "\n") {
			report.File = "" // there is only the one line
		}
		fmt.Fprintln(r.stdout, report)
	case emptyWord(code, text) != "":
		fmt.Fprintln(r.stdout, emptyWord(code, text))
	case text != "":
		fmt.Fprintln(r.stdout, text)
	}
}

// trace tells how the last error came about.
func (r *repl) trace() string {
	switch {
	case r.last.Kind == "":
		return "no error yet"
	case r.last.Traceback == "":
		return fmt.Sprintf("%s (kind %s)", r.last, r.last.Kind)
	}
	return fmt.Sprintf("%s (kind %s)\n  %s", r.last, r.last.Kind, strings.ReplaceAll(r.last.Traceback, "\n", "\n  "))
}

// The names of a session, for completion.
var _ namer = (*repl)(nil)

// Names implements namer.
func (r *repl) Names(path []string) []string { return r.session.Names(path) }

// Owner implements namer: the metatables of hik's objects say what they are.
func (r *repl) Owner(path []string) string {
	values, err := r.session.Eval(context.Background(), "getmetatable("+strings.Join(path, ".")+")")
	if err != nil || len(values) != 1 {
		return ""
	}
	name, err := strconv.Unquote(values[0])
	if err != nil {
		return ""
	}
	owner, ok := strings.CutPrefix(name, "hik ")
	if !ok {
		return ""
	}
	for _, e := range luaapi.API() {
		if e.Owner == owner {
			return owner
		}
	}
	return ""
}

// Devices implements namer.
func (r *repl) Devices() []string { return r.site.DeviceNames() }

// Channels implements namer.
func (r *repl) Channels(device string) []string {
	d, _ := r.site.Device(device)
	var names []string
	for _, ch := range d.Channels {
		names = append(names, ch.Name)
	}
	return names
}

// Modules implements namer.
func (r *repl) Modules() []string { return check.Modules(r.site.Dir) }
