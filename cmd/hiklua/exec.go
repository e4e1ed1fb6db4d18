package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// execOptions are the flags of exec.
type execOptions struct {
	site, code, device string
	share              string // of a cluster's host
	coded              bool   // -e was given
	stay, simulate     bool
	alone              bool // also where a host runs the site
	quiet              bool // no --log-level was given
}

func newExecCommand(a *app) *cobra.Command {
	var o execOptions
	c := &cobra.Command{
		Use:   "exec [--site SITE] (-e CODE | FILE) [ARG...]",
		Short: "Run one piece of Lua to its end",
		Long: `Runs one piece of Lua until its main chunk and the tasks that it spawned have
ended. What it prints is stdout, the log goes to stderr. FILE may be "-" for
stdin; arguments after it are in ... and in the table arg; os.exit(n) ends it
with exit status n. It sees the devices of SITE
(default: the one that the current folder lies in, if any). Where a host runs
that site, the program runs in the host: over its connections and its queue,
beside its scripts, with its hik.state; --alone keeps it out. With --device it
sees that one, named cam, whose password comes from HIKLUA_PASSWORD or is asked
for, and a site only if --site is given, too; that, and --simulate, is always
alone.`,
		Example: `  {hiklua} exec -e 'print(hik.device("gate"):info().model)'
  {hiklua} exec --site site sweep.lua 1 2 3
  {hiklua} exec --device http://operator@192.0.2.10 -e 'print(cam:snapshot():save("now.jpg"))'
  {hiklua} exec --simulate --device http://x -e 'cam:preset(3)'`,
		Annotations: next(`what is worth keeping goes into scripts/ of a site; {hiklua} run runs it.`),
		RunE: func(c *cobra.Command, args []string) error {
			o.coded = c.Flags().Changed("execute")
			o.quiet = !c.Flags().Changed("log-level")
			if err := a.emptyDevice(c); err != nil {
				return err
			}
			return a.exec(c.Context(), o, args)
		},
	}
	c.Flags().SetInterspersed(false)
	c.Flags().StringVarP(&o.code, "execute", "e", "", "`CODE` to run in the place of a file")
	c.Flags().StringVar(&o.site, "site", "", "`SITE` whose devices it sees")
	c.Flags().StringVar(&o.device, "device", "", "`URL` of one device, named cam: http://USER@HOST[:PORT]")
	c.Flags().StringVar(&o.share, "share", "", "`SHARE` of a cluster to run in, one that the host here holds (default the first)")
	c.Flags().BoolVar(&o.stay, "stay", false, "go on while it has jobs, until Ctrl-C")
	c.Flags().BoolVar(&o.alone, "alone", false, "not in the host that runs the site, but past it")
	c.Flags().BoolVar(&o.simulate, "simulate", false, "simulated devices in the place of all; no passwords needed")
	return c
}

func (a *app) exec(ctx context.Context, o execOptions, args []string) error {
	p, err := a.program(ctx, o, args)
	if err != nil {
		return err
	}
	if !o.alone && !o.simulate && o.device == "" {
		client, err := a.hostAround(ctx, o.site)
		if err != nil {
			return err
		}
		if client != nil {
			return a.execInHost(ctx, client, o.share, p)
		}
	}
	if o.share != "" {
		return a.noShare(o.share, "exec")
	}
	s, err := a.loadSiteOrNone(o.site, o.simulate, o.device != "")
	if err != nil {
		return err
	}
	if o.device != "" {
		if err := a.addDevice(ctx, s, o.device, "exec", o.simulate); err != nil {
			return err
		}
		p.Source = prelude(p.Source)
	}
	ctx, stop := clock.WithCancel(ctx)
	defer stop()
	out := newPrinter(a.output(), stop)
	log := a.quietLogger(s.Timezone, !o.quiet)
	broker := a.newBroker(log, o.simulate, true)
	h, err := a.newHost(s, hostOptions{log: log, publish: broker.publish(), simulate: o.simulate, print: out.print, state: true, shared: true})
	if err != nil {
		return err
	}
	defer abortOnHurry(ctx, h)()
	h.Open()
	endBroker := broker.start(h)
	result := h.Exec(ctx, p)
	endBroker()
	if err := h.Close(); err != nil { // a head may still move: os.exit(0) does not hide that
		return errors.Join(errTold, a.execEnd(ctx, p, result), err)
	}
	return a.execEnd(ctx, p, result)
}

// prelude names the device of --device in a program, without moving its lines.
func prelude(source []byte) []byte {
	if bytes.HasPrefix(source, []byte("#")) { // the line that a shell reads
		end := bytes.IndexByte(source, '\n')
		if end < 0 {
			end = len(source)
		}
		source = source[end:]
	}
	return append([]byte(camName+` = hik.device("`+camName+`") `), source...)
}

// execEnd tells how a program ended.
func (a *app) execEnd(ctx context.Context, p runtime.Program, r runtime.Result) error {
	exit, exited := errors.AsType[*runtime.Exit](r.Err)
	switch {
	case exited && exit.Status == statusOK:
		return nil
	case exited:
		return exit
	case ctx.Err() != nil && r.Err != nil:
		fmt.Fprintln(a.stderr, "interrupted")
		return errTold
	case r.Err != nil:
		fmt.Fprintln(a.stderr, a.errorText(runtime.Report(r.Err)))
		return errTold
	}
	if r.Unfired > 0 {
		it := "it"
		if r.Unfired > 1 {
			it = "they"
		}
		fmt.Fprintf(a.stderr, "%s never ran: the program ended before %s came due (--stay keeps it running)\n", plural(r.Unfired, "job"), it)
	}
	if r.Failed > 0 {
		return errTold
	}
	return nil
}

// errorText is an error of Lua for people: place and message, and below it what
// to do about it and how it came there.
func (a *app) errorText(r luaapi.Report) string {
	hint := r.Hint
	r.Hint = ""
	text := r.String()
	if hint != "" {
		text += "\n  " + hint
	}
	if r.Traceback != "" {
		text += "\n  " + strings.ReplaceAll(r.Traceback, "\n", "\n  ")
	}
	return text
}

// program is what exec was given to run.
func (a *app) program(ctx context.Context, o execOptions, args []string) (runtime.Program, error) {
	p := runtime.Program{Stay: o.stay}
	switch {
	case o.coded:
		p.Name, p.Source, p.Args = "-e", []byte(o.code), args
		return p, nil
	case len(args) == 0:
		return p, &misuse{"exec needs a file, or -e and a piece of Lua", a.name + ` exec -e 'print(hik.version)'`}
	}
	p.Name, p.Args = args[0], args[1:]
	var err error
	if p.Name == "-" {
		p.Name = "stdin"
		p.Source, err = readUnless(ctx, func() ([]byte, error) { return io.ReadAll(a.stdin) })
	} else {
		p.Source, err = os.ReadFile(p.Name)
	}
	var refused *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(p.Name, "( ="):
		return p, &misuse{fmt.Sprintf("there is no file %q; a piece of Lua comes after -e", p.Name), a.name + " exec -e " + shellWord(p.Name)}
	case err != nil && hasSite(p.Name):
		return p, &misuse{fmt.Sprintf("exec runs a file; %s is the folder of a site", p.Name), a.name + " exec --site " + shellWord(p.Name) + " -e 'print(hik.version)'"}
	case errors.As(err, &refused):
		return p, &failure{fmt.Sprintf("%s: %v", p.Name, refused.Err)}
	case err != nil:
		return p, &failure{fmt.Sprintf("%s: %v", p.Name, err)}
	}
	return p, nil
}

var errInterrupted = errors.New("interrupted")

// readUnless reads, and leaves the goroutine that does so behind when ctx ends: a
// read can't be broken off.
func readUnless(ctx context.Context, read func() ([]byte, error)) (text []byte, err error) {
	done := make(chan struct{})
	var got []byte
	var failed error
	go func() {
		got, failed = read()
		close(done)
	}()
	select {
	case <-done:
		return got, failed
	case <-ctx.Done():
		return nil, errInterrupted
	}
}

// printer writes what scripts print, a line each. When its reader has gone
// away it says so once, and the program ends.
type printer struct {
	mu     sync.Mutex
	w      io.Writer
	broken func()
}

func newPrinter(w io.Writer, broken func()) *printer {
	if o, ok := w.(*outlet.Outlet); ok {
		o.WhenBroken(broken) // also when nothing more is printed
	}
	return &printer{w: w, broken: broken}
}

func (p *printer) print(_, text string) { p.write([]byte(text + "\n")) }

func (p *printer) write(text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.w.Write(text); err != nil && p.broken != nil {
		p.broken()
		p.broken = nil
	}
}
