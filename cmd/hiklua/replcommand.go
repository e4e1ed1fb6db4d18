package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// replCommand is a line that is no Lua.
type replCommand struct {
	name, args, doc string
	// run carries it out; what it shows goes to r's output.
	run func(r *repl, ctx context.Context, args string) error
}

// errQuit is the end of the session.
var errQuit = errors.New("quit")

func replCommands() []replCommand {
	return []replCommand{
		{".help", "[NAME]", "these lines, or what a name of hik is: .help preset, ?gate:preset", (*repl).help},
		{".devices", "", "the devices, their state and what their heads do", (*repl).devices},
		{".jobs", "", "all jobs, those of this session too", (*repl).jobs},
		{".run", "JOB", "has a job run now", (*repl).runJob},
		{".emit", "WHAT", "an event for the scripts, .emit NAME [JSON]; or a simulated device notices something, .emit gate motion", (*repl).emit},
		{".reload", "", "site.yaml, scripts and modules as they are on the disk now", (*repl).reload},
		{".time", "LUA", "runs it and says how long that took", (*repl).timed},
		{".log", "[N]", "the last N lines of the log (20)", (*repl).showLogLines},
		{".save", "FILE", "writes what was typed as a script", (*repl).save},
		{".trace", "", "how the last error came about", (*repl).showTrace},
		{".quit", "", "leaves, and stops the heads; Ctrl-D does the same", (*repl).quit},
	}
}

// isCommand reports whether a line is for the REPL itself: no Lua begins with a
// dot or a question mark, or ends with one.
func isCommand(line string) bool {
	line = strings.TrimSpace(line)
	if strings.ContainsAny(line, "\n") {
		return false
	}
	return strings.HasPrefix(line, ".") || strings.HasPrefix(line, "?") || strings.HasSuffix(line, "?") && !strings.ContainsAny(line, `"'`)
}

// command carries out such a line.
func (r *repl) command(ctx context.Context, line string) error {
	line = strings.TrimSpace(line)
	if asked := strings.Trim(line, "? "); asked != line {
		return r.help(ctx, asked)
	}
	name, args, _ := strings.Cut(line, " ")
	args = strings.TrimSpace(args)
	if name == ".exit" {
		name = ".quit"
	}
	var names []string
	for _, c := range replCommands() {
		if c.name == name {
			if args == "" && c.args != "" && c.args[0] != '[' {
				return fmt.Errorf("%s %s: %s", c.name, c.args, c.doc)
			}
			return c.run(r, ctx, args)
		}
		names = append(names, c.name)
	}
	if near := nearest.Word(name, names); near != "" {
		return fmt.Errorf("no command %s (did you mean %s?)", name, near)
	}
	return fmt.Errorf("no command %s; there are %s", name, strings.Join(names, ", "))
}

// completeCommand completes a command and what it takes.
func completeCommand(n namer, text string) completion {
	name, args, more := strings.Cut(text, " ")
	switch {
	case strings.HasPrefix(text, "?"), name == ".help" && more:
		typed := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(text, "?"), ".help"), " ")
		if strings.ContainsAny(typed, ".:") {
			return complete(n, typed)
		}
		var all []completed
		for _, e := range luaapi.API() {
			all = append(all, completed{Text: e.Name, Doc: entryLine(&e)})
		}
		return offer(typed, all)
	case name == ".run" && more:
		return offer(args, words(n.Jobs()))
	case name == ".emit" && more:
		return completeEmit(n, args)
	case name == ".time" && more:
		return complete(n, args)
	case more:
		return completion{}
	}
	var all []completed
	for _, c := range replCommands() {
		all = append(all, completed{Text: c.name, Doc: strings.TrimSpace(c.args + "  " + c.doc)})
	}
	return offer(text, all)
}

func (r *repl) help(_ context.Context, about string) error {
	if about != "" {
		text, known := helpOn(r, about)
		if !known {
			return errors.New(text)
		}
		r.writeWrapped(text + "\n")
		return nil
	}
	t := &table{fixed: 1}
	for _, c := range replCommands() {
		t.add(strings.TrimSpace(c.name+" "+c.args), c.doc)
	}
	t.add("Tab", "completes names, options, events, devices, channels and presets")
	t.add("Up, Ctrl-R", "earlier lines, search in them")
	t.add("Ctrl-C", "clears the line; while one runs: breaks it off and stops the heads")
	t.add("Alt-Enter", "another line of the same piece; a piece that is not whole goes on by itself")
	t.add("_", "the value of the last line; devices of the site are there by name")
	r.writeTable(t)
	return nil
}

func (r *repl) quit(context.Context, string) error { return errQuit }

func (r *repl) devices(ctx context.Context, _ string) error {
	st, err := r.status(ctx)
	if err != nil {
		return err
	}
	t, notes := devicesOf(st)
	if len(t.rows) == 0 {
		fmt.Fprintln(r.stdout, "no devices; hik.device{ip=, username=, password=} makes one")
		return nil
	}
	r.writeTable(t)
	if notes != "" {
		r.writeWrapped(notes)
	}
	return nil
}

func (r *repl) jobs(ctx context.Context, _ string) error {
	st, err := r.status(ctx)
	if err != nil {
		return err
	}
	if len(st.Jobs) == 0 {
		fmt.Fprintln(r.stdout, "no jobs; hik.every(60, function() ... end) makes one")
		return nil
	}
	r.writeTable(jobsTable(st))
	return nil
}

func (r *repl) runJob(ctx context.Context, name string) error {
	var err error
	if r.host != nil {
		err = r.host.RunJob(name)
	} else {
		_, err = r.runJobIn(ctx, r.site.Dir, name, false)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(r.stdout, "%s has begun\n", name)
	return nil
}

// status asks the host how everything is.
func (r *repl) status(ctx context.Context) (runtime.Status, error) {
	if r.host != nil {
		return r.host.Status(), nil
	}
	return r.statusOf(ctx, r.site.Dir)
}

// reload has a running host look at its site. A session of its own begins anew.
func (r *repl) reload(ctx context.Context, _ string) error {
	if r.host != nil {
		if err := r.restart(); err != nil {
			return err
		}
		fmt.Fprintln(r.stdout, "the session has begun anew, with site.yaml and modules as they are now")
		return nil
	}
	all, err := r.reloadIn(ctx, r.site.Dir)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(r.stdout, "nothing has changed")
	}
	for _, one := range all {
		fmt.Fprintf(r.stdout, "%s: %s\n", one.What, one.Did)
		if one.Error != nil {
			io.WriteString(r.stdout, errorLines(one.Error))
		}
	}
	if s, err := r.loadNames(r.site.Dir); err == nil {
		r.site = s // for the names
	}
	return nil
}

func (r *repl) timed(ctx context.Context, code string) error {
	began := time.Now()
	r.run(ctx, code)
	fmt.Fprintf(r.stdout, "took %s\n", clock.FormatDuration(time.Since(began).Round(time.Millisecond)))
	return nil
}

func (r *repl) showLogLines(ctx context.Context, args string) error {
	n := 20
	if args != "" {
		var err error
		if n, err = strconv.Atoi(args); err != nil || n < 1 {
			return fmt.Errorf(".log %s: how many lines? such as .log 50", args)
		}
	}
	show := r.entryWriter(r.site.Timezone, false)
	if r.host != nil {
		lines, _, _, _ := r.ring.Since(r.ring.Last(n))
		for _, line := range lines {
			e, err := jsonEntry(line)
			if err == nil {
				err = show(e)
			}
			if err != nil {
				return err
			}
		}
		if len(lines) == 0 {
			fmt.Fprintln(r.stdout, "nothing was logged yet")
		}
		return nil
	}
	client, err := r.reachHost(ctx, r.site.Dir)
	if err != nil {
		return err
	}
	defer client.Close()
	return r.showLog(ctx, client, api.LogRequest{Lines: n, LogFilter: api.LogFilter{Level: slog.LevelDebug}}, show, nil)
}

func (r *repl) showTrace(context.Context, string) error {
	fmt.Fprintln(r.stdout, r.trace())
	return nil
}

// save writes what was typed, without what failed, as a script.
func (r *repl) save(_ context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: give another name", file)
	}
	if err != nil {
		return err
	}
	text, left := r.scriptOf(r.typed)
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(r.stdout, "%s has what was typed; %s exec %s runs it\n", file, r.name, shellWord(file))
	if left > 0 {
		fmt.Fprintf(r.stdout, "%s left out, for the password in it\n", plural(left, "line"))
	}
	return nil
}

// scriptOf makes a script of what was typed: what was only an expression is
// printed. left is how many pieces were left out because they may hold a
// password.
func (r *repl) scriptOf(typed []string) (text string, left int) {
	var body strings.Builder
	var devices []string
	for i, code := range typed {
		if secretLine.MatchString(code) {
			left++
			body.WriteString("-- a line with a password was left out here\n")
			continue
		}
		list := tokensOf(code)
		for k, t := range list {
			if t.kind == nameToken && (k == 0 || !list[k-1].is(".") && !list[k-1].is(":")) &&
				slices.Contains(r.site.DeviceNames(), t.text) && !slices.Contains(devices, t.text) {
				devices = append(devices, t.text)
			}
		}
		value := strings.TrimPrefix(code, "return ")
		later := slices.ContainsFunc(typed[i+1:], func(code string) bool {
			return slices.ContainsFunc(tokensOf(code), func(t token) bool { return t.kind == nameToken && t.text == "_" })
		})
		switch {
		case later && runtime.Expression(value):
			code = "_ = " + value
		case value != code || !runtime.Statements(code):
			code = "print(" + value + ")"
		}
		body.WriteString(code + "\n")
	}
	var head strings.Builder
	fmt.Fprintf(&head, "-- Typed at hiklua's REPL on %s; hiklua exec runs it.\n", r.clk.Now().Format(time.DateOnly))
	for _, name := range devices {
		fmt.Fprintf(&head, "local %s = hik.device(%[1]q)\n", name)
	}
	return head.String() + body.String(), left
}
