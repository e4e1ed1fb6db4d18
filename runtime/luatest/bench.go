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

const (
	// longest is how long a test may take, in its own time.
	longest = 31 * 24 * time.Hour
	// closing is how long its host gets to end after it.
	closing = time.Minute
)

// bench is one site in virtual time, for one test.
type bench struct {
	site    *site.Site
	clk     *clock.Virtual
	devices map[string]*sim.Device
	began   time.Time

	commands []luaapi.TestCommand
	lines    []luaapi.TestLine
	notices  []luaapi.TestNotice
	failures []Failure // errors that no script caught, and why scripts do not load
	cases    []luaapi.TestCase
}

// newBench makes the host of a test, whose files lie in a scratch folder.
func (c Config) newBench(from time.Time, dir string) (*bench, *runtime.Host, error) {
	aside := *c.Site
	if a := aside.Archive; a != nil {
		own := *a
		// The disk is this machine's, and the second place a real one.
		own.MinFree, own.CopyTo = 0, nil
		aside.Archive = &own
	}
	b := &bench{site: &aside, clk: clock.NewVirtual(from.In(c.Site.Timezone)), began: from, devices: make(map[string]*sim.Device)}
	h, err := runtime.New(runtime.Config{
		Site: b.site, Clock: b.clk, Version: c.Version, Getenv: c.Getenv,
		Data: filepath.Join(dir, "data"), ArchiveDir: filepath.Join(dir, "archive"), Scratch: true, Quiet: true,
		Log: slog.New(&lineHandler{bench: b}),
		Transport: func(d site.Device) (http.RoundTripper, error) {
			device := c.Device(d, b.clk)
			b.devices[d.Name] = device
			return device.Transport(), nil
		},
		Record: b.record,
		Print: func(script, text string) {
			b.lines = append(b.lines, luaapi.TestLine{Time: b.clk.Now(), Level: "print", Script: script, Message: text})
		},
	})
	return b, h, err
}

// record takes what happens on the site.
func (b *bench) record(e journal.Entry) {
	switch {
	case e.Kind == journal.Notice:
		b.notices = append(b.notices, luaapi.TestNotice{Time: e.Time, Script: e.Script, Target: e.What, Text: e.Detail})
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

// run has the scripts of the site loaded, if it is to, and then the program
// run to its end. It returns the program's error.
func (b *bench) run(h *runtime.Host, scripts bool, p runtime.Program) error {
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
		result = h.Exec(ctx, p)
		stop()
		if scripts {
			over.Wait()
		} else {
			closed = h.Close()
		}
		ended = true
	})
	b.clk.Run(b.began.Add(longest))
	if !ended {
		h.Abort()
		b.clk.RunFor(closing)
		return fmt.Errorf("it did not end within %s of its own time", clock.FormatDuration(longest))
	}
	return errors.Join(result.Err, closed)
}

// program is the file of a test, and what is done with it.
func (b *bench) program(f File, then func(L *lua.LState) error) runtime.Program {
	return runtime.Program{Name: f.Name, Source: f.Source, Tester: b, Then: then}
}
