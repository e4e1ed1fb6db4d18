package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/hiklua/hiklua/cmd/hiklua/lineedit"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/outlet"
	"github.com/hiklua/hiklua/runtime/site"
)

// replAtTerminal is the session of a person who types.
func (a *app) replAtTerminal(ctx context.Context, client *api.Client, s *site.Site, o replOptions) error {
	screen, ok := a.output().(*outlet.Outlet)
	if !ok {
		screen = outlet.New(a.stdout)
	}
	prompt := "hik> "
	colours := a.colour(a.stdout)
	if client != nil {
		prompt = "hik@" + filepath.Base(runtime.FullPath(s.Dir)) + "> "
	}
	e, err := newEditor(a.stdin.(*os.File), screen, openHistory(historyFile(a.env)), prompt, colours)
	if err != nil {
		return err
	}
	onScreen := *a
	onScreen.stdout, onScreen.stderr, onScreen.out = e, e, e
	r, err := onScreen.newRepl(client, s, o, &printer{w: e})
	if err != nil {
		return errors.Join(e.leave(), err)
	}
	defer clock.OnDone(hurried(ctx), func() { r.abort() })()
	e.use(r)
	defer onResize(e.Resized)()

	// Ctrl-C is the line's here, not the program's: it is a key, and the signal
	// that another program sends means the same.
	signal.Reset(os.Interrupt)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	r.editor, r.signals, r.colours = e, interrupts, colours
	e.pictures = pictureKindOf(a.env)
	if session, ok := r.session.(*attached); ok {
		session.pictures = e.pictures != picturesNone
	}

	r.greet()
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	if client != nil {
		r.followHost(following)
	}
	r.readTerminal(ctx)
	unfollow()
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
		example = r.deviceWord(d.Name) + ":info()"
		if len(d.Channels) > 0 && d.Channels[0].Name != "" {
			example = fmt.Sprintf("%s:channel(%q):snapshot()", r.deviceWord(d.Name), d.Channels[0].Name)
		}
	}
	there := "no site; hik.device{ip=, username=, password=} makes a device"
	if len(devices) > 0 {
		there = strings.Join(devices, ", ")
	}
	if r.host == nil {
		there += "; inside the host that runs " + siteWord(r.site.Dir) + ", whose log is shown here (--alone: past it)"
	}
	fmt.Fprintf(r.stdout, "hiklua %s: %s\nFor example: %s\nTab completes, Ctrl-D leaves, .help tells more.\n", version(), there, example)
}

// deviceWord is what a device is called at the prompt: its name, if Lua can
// read that as one.
func (r *repl) deviceWord(name string) string {
	if list := tokensOf(name); len(list) == 1 && list[0].kind == nameToken && r.Outline([]string{name}).Device == name {
		return name
	}
	return fmt.Sprintf("hik.device(%q)", name)
}

// readTerminal runs what is typed, until that person leaves or ctx ends.
func (r *repl) readTerminal(ctx context.Context) {
	for {
		code, err := r.editor.read(ctx)
		switch {
		case errors.Is(err, lineedit.ErrInterrupt):
			if r.session.StopHeads() {
				fmt.Fprintln(r.stdout, "the heads stop")
			}
			continue
		case err != nil:
			return
		}
		switch {
		case strings.TrimSpace(code) == "":
		case isCommand(code):
			err := r.command(ctx, code)
			if errors.Is(err, errQuit) {
				return
			}
			if err != nil {
				fmt.Fprintln(r.stdout, err)
			}
		default:
			for _, piece := range runtime.Pieces(code) {
				if !r.run(ctx, piece) {
					break
				}
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// run runs a piece of Lua and shows what it gives; Ctrl-C ends it. False: it
// failed.
func (r *repl) run(ctx context.Context, code string) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	watched := make(chan struct{})
	stopped := false
	var typed <-chan struct{}
	if r.editor != nil {
		typed = r.editor.Interrupted()
	}
	go func() {
		defer close(watched)
		select {
		case <-typed:
		case <-r.signals:
		case <-ended:
			return
		}
		cancel()
		stopped = r.session.StopHeads()
	}()
	text, err := r.eval(ctx, code)
	close(ended)
	<-watched
	switch {
	case runtime.IsInterrupt(err) && stopped:
		fmt.Fprintln(r.stdout, "interrupted; the heads stop")
	case runtime.IsInterrupt(err):
		fmt.Fprintln(r.stdout, "interrupted")
	case err != nil:
		report := r.last
		if report.File == "repl" && !strings.Contains(strings.TrimSpace(code), "\n") {
			report.File = "" // there is only the one line
		}
		fmt.Fprintln(r.stdout, report)
	case text != "":
		fmt.Fprintln(r.stdout, text)
	}
	return err == nil
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
