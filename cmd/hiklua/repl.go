package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/site"
)

// replOptions are the flags of repl.
type replOptions struct {
	site, device string
	share        string // of a cluster's host
	simulate     bool
	attach       bool // in the host that runs the site, or not at all
	alone        bool // also where a host runs the site
	quiet        bool // no --log-level was given
}

func newReplCommand(a *app) *cobra.Command {
	var o replOptions
	c := &cobra.Command{
		Use:   "repl [--site SITE] [--attach | --alone] [--device URL] [--simulate]",
		Short: "Lua by hand, line by line",
		Long: `Runs Lua line by line and shows what each line gives. It sees the devices of
SITE (default: the one that the current folder lies in, if any), and with --device
one more that is named cam. Its password comes from HIKLUA_PASSWORD or is asked
for. A head that a line has set moving goes on until ptz_stop, Ctrl-C, the end of
the session, or limits.motion of site.yaml. Where a host runs the site, the lines
run in that host, beside its scripts, over its connections and its queue, with
its hik.state; --alone keeps them out, --attach wants a host. With --device or
--simulate they are always alone.

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
	c.Flags().StringVar(&o.share, "share", "", "`SHARE` of a cluster to be in, one that the host here holds (default the first)")
	c.Flags().BoolVar(&o.attach, "attach", false, "enter the running host of the site, or fail")
	c.Flags().BoolVar(&o.alone, "alone", false, "not in the host that runs the site, but past it")
	c.Flags().BoolVar(&o.simulate, "simulate", false, "simulated devices in the place of all; no passwords needed")
	return c
}

func (a *app) repl(ctx context.Context, o replOptions) error {
	switch {
	case o.attach && (o.simulate || o.device != ""):
		return &misuse{"--attach goes without --simulate and --device: the host has its devices", a.name + " repl --attach"}
	case o.attach && o.alone:
		return &misuse{"--attach and --alone are opposites", a.name + " repl --attach"}
	}
	client, s, err := a.replSite(ctx, o)
	if err != nil {
		return err
	}
	if client != nil {
		defer client.Close()
	}
	if o.device != "" {
		if err := a.addDevice(ctx, s, o.device, "repl", o.simulate); err != nil {
			return err
		}
	}
	if isTerminal(a.stdin) && isTerminal(a.stdout) {
		return a.replAtTerminal(ctx, client, s, o)
	}
	out := &printer{w: a.output()}
	inOrder := *a // with what the lines print
	inOrder.stdout = a.output()
	r, err := inOrder.newRepl(client, s, o, out)
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

// replSite is the site of a REPL, and the way to the host that runs it, if one
// does and the lines are for it: they need its names, not its passwords.
func (a *app) replSite(ctx context.Context, o replOptions) (client *api.Client, s *site.Site, err error) {
	dir := cmp.Or(o.site, siteAround())
	switch {
	case o.attach:
		client, err = a.reachHost(ctx, dir)
	case !o.alone && !o.simulate && o.device == "":
		client, err = a.hostAround(ctx, dir)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case client == nil && o.share != "":
		return nil, nil, a.noShare(o.share, "repl")
	case client == nil:
		s, err = a.loadSiteOrNone(o.site, o.simulate, o.device != "")
		return nil, s, err
	}
	if s, err = a.loadNames(dir); err != nil {
		s = &site.Site{Dir: dir} // the host runs on with what it was before
	}
	return client, s, nil
}

// repl is a session and what stands around it.
type repl struct {
	*app
	site      *site.Site
	options   replOptions
	out       *printer
	host      *runtime.Host // nil: another process has it
	endBroker func()        // of the connection of host with the MQTT broker
	ring      *control.Ring // the host's log
	simulated *simulation   // of host
	session   luaSession
	names     *deviceNames
	saved     *site.Saved // what completion knows of devices that have not answered

	editor  *editor          // nil: the lines come through a pipe
	signals <-chan os.Signal // that break off a line
	colours bool

	last  luaapi.Report // the last error, for .trace
	typed []string      // what has run, for .save
}

// newRepl opens host and session, or a session in the host that client reaches;
// the app is that of the screen, if there is one.
func (a *app) newRepl(client *api.Client, s *site.Site, o replOptions, out *printer) (*repl, error) {
	if client != nil {
		return a.attach(client, s, o.share, out), nil
	}
	ring := control.NewRing()
	log := slog.New(slog.NewMultiHandler(
		a.quietLogger(s.Timezone, !o.quiet).Handler(),
		byClock(plainJSON(ring, slog.LevelInfo), a.clk, s.Timezone)))
	// The state file stays free: a session that is left open must not keep the
	// host from starting.
	devices := &simulation{}
	broker := a.newBroker(log, o.simulate, true)
	h, err := a.newHost(s, hostOptions{log: log, devices: devices, simulate: o.simulate, print: out.print, publish: broker.publish()})
	if err != nil {
		return nil, err
	}
	h.Open()
	session, err := h.NewSession(runtime.Output{})
	if err != nil {
		return nil, err
	}
	names := newDeviceNames(a.clk, func(context.Context) (luaSession, error) {
		return h.NewSession(runtime.Output{Stdout: io.Discard, Stderr: io.Discard, Log: slog.New(slog.DiscardHandler)})
	})
	return &repl{
		app: a, site: s, options: o, out: out, host: h, endBroker: broker.start(h), simulated: devices, ring: ring,
		session: session, names: names, saved: savedOrNone(s),
	}, nil
}

// savedOrNone is what was saved of the devices of a site. "hiklua check" tells
// what is wrong with the file.
func savedOrNone(s *site.Site) *site.Saved {
	saved, err := site.LoadSaved(s.Dir)
	if err != nil {
		return nil
	}
	return saved
}

// restart begins a session of its own anew.
func (r *repl) restart() error {
	s, err := r.loadSiteOrNone(r.options.site, r.options.simulate, r.options.device != "")
	if err != nil {
		return err
	}
	if cam, ok := r.site.Device(camName); ok && r.options.device != "" {
		s.Devices = append(s.Devices, cam)
	}
	next, err := r.newRepl(nil, s, r.options, r.out)
	if err != nil {
		return err
	}
	before := *r
	next.names.changed = before.names.changed
	r.site, r.host, r.endBroker, r.simulated, r.ring, r.session, r.names, r.saved = s, next.host, next.endBroker, next.simulated, next.ring, next.session, next.names, next.saved
	return before.close()
}

// close stops the heads and ends the host.
func (r *repl) close() error {
	r.session.Close()
	r.names.close()
	if r.host == nil {
		return nil
	}
	r.endBroker()
	return r.host.Close()
}

// eval runs a piece of Lua and shows what it gives.
func (r *repl) eval(ctx context.Context, code string) (text string, err error) {
	values, err := r.session.Eval(ctx, code)
	if err != nil {
		if !runtime.IsInterrupt(err) {
			r.last = runtime.Report(err)
		}
		return "", err
	}
	r.typed = append(r.typed, strings.TrimSpace(code))
	separator := "\t"
	var texts []string
	for _, v := range values {
		if strings.Contains(v.Text, "\n") {
			separator = "\n"
		}
		texts = append(texts, v.Text)
		if v.Picture != nil && r.editor != nil {
			r.editor.show(ctx, v.Picture)
		}
	}
	if text = strings.Join(texts, separator); text == "nil" {
		text = wordForNil(code)
	}
	if strings.HasPrefix(text, "function: ") {
		if t := resolve(r, chainBefore(tokensOf(code))); t.entry != nil {
			text = signature(t.entry) + "  " + firstLine(t.entry.Doc)
		}
	}
	return text, nil
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
	p := &pieces{lines: linesOf(in), whole: func(code string) bool { return isCommand(code) || runtime.Whole(code) }}
	for {
		code, first, ok := p.next(ctx)
		if !ok {
			if ctx.Err() != nil {
				fmt.Fprintln(r.stderr, "interrupted")
				return true
			}
			return failed
		}
		if isCommand(code) {
			switch err := r.command(ctx, code); {
			case errors.Is(err, errQuit):
				return failed
			case err != nil:
				failed = true
				fmt.Fprintf(r.stderr, "stdin:%d: %v\n", first, err)
			}
			continue
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
