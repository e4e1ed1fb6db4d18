package luatest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// closing is how long the host of a test gets to end after it.
const closing = time.Minute

// bench is one site in virtual time, for one test.
type bench struct {
	site    *site.Site
	clk     *clock.Virtual
	host    *runtime.Host
	devices map[string]*sim.Device
	began   time.Time

	commands []luaapi.TestCommand
	lines    []luaapi.TestLine
	notices  []luaapi.TestNotice
	requests []luaapi.TestRequest
	failures []Failure // errors that no script caught, and why scripts do not load
	cases    []luaapi.TestCase
	testing  bool // the test runs: its file has been
}

// newBench makes the host of a test, whose files lie in a scratch folder.
func (c Config) newBench(from time.Time, dir string) (*bench, error) {
	aside := *c.Site
	if a := aside.Archive; a != nil {
		own := *a
		own.MinFree = 0 // the disk is this machine's
		aside.Archive = &own
	}
	b := &bench{site: &aside, clk: clock.NewVirtual(from.In(c.Site.Timezone)), began: from, devices: make(map[string]*sim.Device)}
	var err error
	b.host, err = runtime.New(runtime.Config{
		Site: b.site, Clock: b.clk, Version: c.Version, Getenv: c.Getenv,
		Data: filepath.Join(dir, "data"), ArchiveDir: filepath.Join(dir, "archive"), Scratch: true, Quiet: true,
		Log: slog.New(&runtime.LineHandler{Take: b.takeLine, Also: ofScript}),
		Transport: func(d site.Device) (http.RoundTripper, error) {
			device := c.Device(d, b.clk)
			b.devices[d.Name] = device
			return device.Transport(), nil
		},
		Steps:  runtime.StepsOf(c.Site.Limits.Compute),
		HTTP:   runtime.NoNetwork{Note: b.noteRequest},
		Record: b.record,
		Notified: func(script, target string, n luaapi.Notice) {
			b.notices = append(b.notices, luaapi.TestNotice{
				Time: b.clk.Now(), Script: script, Target: target, Title: n.Title, Text: n.Text, Picture: n.Picture != nil,
			})
		},
		Print: func(script, text string) {
			b.lines = append(b.lines, luaapi.TestLine{Time: b.clk.Now(), Level: "print", Script: script, Message: text})
		},
	})
	return b, err
}

// record takes what happens on the site.
func (b *bench) record(e journal.Entry) {
	switch {
	case e.Kind != journal.Command || e.Asks() || e.Script == "" && !e.Head: // what the host asks for itself
	default:
		cmd := luaapi.TestCommand{
			Time: e.Time, Device: e.Device, Channel: e.Channel, Script: e.Script, Job: e.Job, Task: e.Task,
			What: e.What, Detail: e.Detail, Name: e.Name,
		}
		if e.Err != nil {
			cmd.Error = runtime.Report(e.Err).Kind
		}
		b.commands = append(b.commands, cmd)
	}
}

func (b *bench) noteRequest(req *http.Request, body []byte) {
	script, _, _ := runtime.TaskOf(req.Context())
	b.requests = append(b.requests, luaapi.TestRequest{
		Time: b.clk.Now(), Script: script, Method: req.Method, URL: req.URL.String(), Body: string(body),
	})
}

// slice is how much time of a test goes by between two looks at its context.
const slice = time.Minute

// run has the scripts of the site loaded, if it is to, and then the program
// run to its end, or until it is interrupted. It returns the program's error.
func (b *bench) run(interrupted context.Context, scripts bool, p runtime.Program) error {
	h := b.host
	running, end := clock.WithCancelCause(context.Background())
	var result runtime.Result
	var closed error
	ended := false
	b.clk.Go(func() {
		ctx, stop := clock.WithCancel(context.Background())
		loaded, over := b.clk.NewWaiter(), b.clk.NewWaiter()
		if scripts {
			b.clk.Go(func() {
				closed = h.Run(ctx, func([]runtime.Change) { loaded.Wake() })
				over.Wake()
			})
			loaded.Wait()
		} else {
			h.Open()
		}
		result = h.Exec(running, p)
		stop()
		if scripts {
			over.Wait()
		} else {
			closed = h.Close()
		}
		ended = true
	})
	last := b.clk.Now().Add(luaapi.LongestTest)
	for !ended && b.clk.Now().Before(last) && interrupted.Err() == nil {
		b.clk.RunFor(slice)
	}
	if !ended {
		end(&luaapi.Failure{Kind: "timeout", Message: fmt.Sprintf("the test did not end within %s of its own time", clock.FormatDuration(luaapi.LongestTest))})
		b.clk.RunFor(closing)
	}
	if !ended {
		h.Abort()
		b.clk.RunFor(closing)
		return errors.New("the test did not end")
	}
	return errors.Join(result.Err, closed)
}

// program is the file of a test, and what is done with it.
func (b *bench) program(f File, then func(L *lua.LState) error) runtime.Program {
	return runtime.Program{Name: f.Name, Source: f.Source, Tester: b, Then: then}
}
