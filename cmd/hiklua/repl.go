package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// replOptions are the flags of repl.
type replOptions struct {
	site, device string
	simulate     bool
	attach       bool // in the host that runs the site
	quiet        bool // no --log-level was given
}

func newReplCommand(a *app) *cobra.Command {
	var o replOptions
	c := &cobra.Command{
		Use:   "repl [--site SITE] [--attach] [--device URL] [--simulate]",
		Short: "Lua by hand, line by line",
		Long: `Runs Lua line by line and shows what each line gives. It sees the devices of
SITE (default: the current folder, if it has a site.yaml), and with --device one
more that is named cam. Its password comes from HIKLUA_PASSWORD or is asked for.
A head that a line has set moving goes on until ptz_stop, Ctrl-C, the end of the
session, or limits.motion of site.yaml. With --attach the lines run in the host
that runs the site, beside its scripts and over its connections.

At a terminal, Tab completes, the arrows bring back earlier lines, Ctrl-C clears
the line or breaks off the one that runs and stops the heads, Ctrl-D leaves.
Lines that come through a pipe are run one after the other; the exit status is 1
if any of them failed.`,
		Example: `  {hiklua} repl --site site
  {hiklua} repl --device http://operator@192.0.2.10
  echo 'hik.device("gate"):info().model' | {hiklua} repl --site site`,
		Args:        atMost(a, 0),
		Annotations: next(`what is worth keeping goes into scripts/ of a site; {hiklua} exec runs a file.`),
		RunE: func(c *cobra.Command, _ []string) error {
			o.quiet = !c.Flags().Changed("log-level")
			if err := a.emptyDevice(c); err != nil {
				return err
			}
			return a.repl(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.site, "site", "", "`SITE` whose devices it sees")
	c.Flags().StringVar(&o.device, "device", "", "`URL` of one device, named cam: http://USER@HOST[:PORT]")
	c.Flags().BoolVar(&o.attach, "attach", false, "enter the running host of the site")
	c.Flags().BoolVar(&o.simulate, "simulate", false, "simulated devices in the place of all; no passwords needed")
	return c
}

func (a *app) repl(ctx context.Context, o replOptions) error {
	if o.attach && (o.simulate || o.device != "") {
		return &misuse{"--attach goes without --simulate and --device: the host has its devices", a.name + " repl --attach"}
	}
	s, err := a.loadReplSite(o)
	if err != nil {
		return err
	}
	if o.device != "" {
		if err := a.addDevice(ctx, s, o.device, "repl", o.simulate); err != nil {
			return err
		}
	}
	if isTerminal(a.stdin) && isTerminal(a.stdout) {
		return a.replAtTerminal(ctx, s, o)
	}
	out := &printer{w: a.output()}
	r, err := a.newRepl(s, o, out.print)
	if err != nil {
		return err
	}
	defer clock.OnDone(hurried(ctx), r.abort)()
	failed := r.readPipe(ctx, a.stdin, out)
	if err := r.close(); err != nil {
		return err
	}
	if failed {
		return errTold
	}
	return nil
}

// repl is a session and what stands around it.
type repl struct {
	*app
	site    *site.Site
	host    *runtime.Host // nil: another process has it
	session luaSession
	last    luaapi.Report // the last error, for .trace
}

// newRepl opens host and session; the app is that of the screen, if there is
// one.
func (a *app) newRepl(s *site.Site, o replOptions, print func(script, text string)) (*repl, error) {
	if o.attach {
		return a.attach(s, print)
	}
	// The state file stays free: a session that is left open must not keep the
	// host from starting.
	h, err := a.newHost(s, hostOptions{log: a.quietLogger(s.Timezone, !o.quiet), simulate: o.simulate, print: print})
	if err != nil {
		return nil, err
	}
	h.Open()
	r := &repl{app: a, site: s, host: h, session: h.NewSession()}
	if o.device != "" {
		if _, err := r.session.Eval(context.Background(), fmt.Sprintf("%s = hik.device(%[1]q)", camName)); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	return r, nil
}

// close stops the heads and ends the host.
func (r *repl) close() error {
	r.session.Close()
	if r.host == nil {
		return nil
	}
	return r.host.Close()
}

// eval runs a piece of Lua; text is what it gives, to be shown.
func (r *repl) eval(ctx context.Context, code string) (text string, err error) {
	values, err := r.session.Eval(ctx, code)
	if err != nil {
		if !runtime.IsInterrupt(err) {
			r.last = runtime.Report(err)
		}
		return "", err
	}
	separator := "\t"
	for _, v := range values {
		if strings.Contains(v, "\n") {
			separator = "\n"
		}
	}
	return strings.Join(values, separator), nil
}

// pieces splits what comes through a pipe into pieces that can be run.
type pieces struct {
	lines <-chan string
	whole func(code string) bool
	line  int // of the last line that was read
}

// next waits for a piece; first is the number of its first line.
func (p *pieces) next(ctx context.Context) (code string, first int, ok bool) {
	for {
		select {
		case text, more := <-p.lines:
			if !more {
				return code, first, code != ""
			}
			p.line++
			if code == "" {
				if strings.TrimSpace(text) == "" {
					continue
				}
				first = p.line
			}
			code += text + "\n"
			if p.whole(code) {
				return code, first, true
			}
		case <-ctx.Done():
			return "", 0, false
		}
	}
}

// readPipe runs what comes from in, and shows what it gives.
func (r *repl) readPipe(ctx context.Context, in io.Reader, out *printer) (failed bool) {
	p := &pieces{lines: linesOf(in), whole: r.session.Complete}
	for {
		code, first, ok := p.next(ctx)
		if !ok {
			if ctx.Err() != nil {
				fmt.Fprintln(r.stderr, "interrupted")
				return true
			}
			return failed
		}
		text, err := r.eval(ctx, strings.Repeat("\n", first-1)+code) // so that all lines of messages are those of in
		switch {
		case runtime.IsInterrupt(err):
		case err != nil:
			failed = true
			e := r.last
			if e.File == "repl" {
				e.File = "stdin"
			}
			fmt.Fprintln(r.stderr, e)
		case text != "":
			out.print("", text)
			r.room(ctx)
		}
	}
}

// linesOf reads in until its end. The goroutine that reads is left behind when
// the session ends: a read can't be broken off.
func linesOf(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		eachLine(in, func(text string) { lines <- text })
	}()
	return lines
}
