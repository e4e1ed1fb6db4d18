package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// Program is a script that runs to its end.
type Program struct {
	Name   string // as errors name it: "sweep.lua", "-e"
	Source []byte
	Args   []string      // what the chunk is called with, and the global arg
	Stay   bool          // registered jobs keep it running, until its context ends
	Tester luaapi.Tester // what hik.test does; nil: it is no test
	// Then, if it is set, is called in the main task after the chunk.
	Then   func(L *lua.LState) error
	Output Output // the zero value: as the host's scripts
}

// Output is where a program or a session writes that another process started in
// this host. Fields that are nil mean the host's own.
type Output struct {
	// Stdout takes what is printed, too. Each is an Outlet if its reader may be
	// slow.
	Stdout, Stderr io.Writer
	// Log takes what hik.log and errors of tasks say.
	Log *slog.Logger
}

// Result is what became of a program.
type Result struct {
	Err     error // of the main chunk; it has not been logged; an *Exit of os.exit
	Failed  int   // tasks that ended with an error, which was logged
	Unfired int   // jobs that never ran because the program had ended
}

// Exec runs a program until its main chunk and the tasks that it spawned have
// ended; a test ends with its main chunk. Jobs fire meanwhile but do not keep
// it. The host must be open. It runs on a goroutine of the clock.
func (h *Host) Exec(ctx context.Context, p Program) Result {
	name := "exec"
	if p.Tester != nil {
		name = "test"
	}
	s := h.newScript(name, p.Name, p.Output)
	s.tester = p.Tester
	defer s.stop(errShutdown)
	r := h.exec(ctx, s, p)
	r.Err = h.handedOver(r.Err)
	failed := s.awaitNotices(ctx)
	r.Failed += failed
	if exit, ok := errors.AsType[*Exit](r.Err); ok && failed > 0 && exit.Status == 0 {
		r.Err = nil // what is not delivered is a failure all the same
	}
	return r
}

func (h *Host) exec(ctx context.Context, s *script, p Program) Result {
	s.live = true
	ctx, end := clock.WithCancelCause(ctx)
	defer end(nil)
	main, err := s.newTask(taskSpec{name: "main"})
	if err != nil {
		return Result{Err: err}
	}
	defer clock.OnDone(ctx, func() { main.cancel(clock.Cause(ctx)) })()
	main.awaited = true
	main.start(func(L *lua.LState) error {
		fn, err := sandbox.Load(L, p.Source, p.Name)
		if err != nil {
			return err
		}
		arg := L.NewTable()
		arg.RawSetInt(0, lua.LString(p.Name))
		var args []lua.LValue
		for i, a := range p.Args {
			arg.RawSetInt(i+1, lua.LString(a))
			args = append(args, lua.LString(a))
		}
		L.SetGlobal("arg", arg)
		L.GetGlobal("os").(*lua.LTable).RawSetString("exit", L.NewFunction(exitFunction(end)))
		if err := main.call(L, fn, args...); err != nil || p.Then == nil {
			return err
		}
		return p.Then(L)
	})
	main.join(context.Background())
	if main.err == nil && p.Stay && len(s.allJobs()) > 0 {
		clock.WaitFor(ctx, h.clk.NewWaiter())
		if exit, ok := errors.AsType[*Exit](clock.Cause(ctx)); ok {
			return Result{Err: exit}
		}
		return Result{Failed: int(s.failed.Load())}
	}
	result := Result{Err: main.err}
	if main.err == nil && p.Tester == nil {
		result.Err = s.waitSpawned(ctx)
	}
	result.Unfired = s.haltJobs()
	result.Failed = int(s.failed.Load())
	return result
}

// Exit is the end of a program by os.exit.
type Exit struct{ Status int }

func (e *Exit) Error() string { return fmt.Sprintf("os.exit(%d)", e.Status) }

// exitFunction is os.exit([status]), which ends the program: what it has moving
// is stopped as at any end. Status is 0 to 255, true for 0 and false for 1.
func exitFunction(end context.CancelCauseFunc) lua.LGFunction {
	return func(L *lua.LState) int {
		exit := &Exit{}
		switch v := L.Get(1).(type) {
		case *lua.LNilType:
		case lua.LBool:
			if !v {
				exit.Status = 1
			}
		case lua.LNumber:
			exit.Status = int(v)
			if float64(exit.Status) != float64(v) || exit.Status < 0 || exit.Status > 255 {
				L.ArgError(1, "a status is a whole number, 0 to 255")
			}
		default:
			L.ArgError(1, "a status is a whole number, 0 to 255")
		}
		end(exit)
		t := luaapi.TaskOf(L).(*task)
		t.cancel(exit)
		t.flag.Stop(exit)
		L.RaiseError("%v", exit)
		return 0
	}
}

// waitSpawned returns when the main chunk's tasks, and theirs, have ended, or
// with its cause when ctx ends. Runs of jobs are not waited for.
func (s *script) waitSpawned(ctx context.Context) error {
	for {
		s.mu.Lock()
		i := slices.IndexFunc(s.tasks, func(t *task) bool { return t.job == nil })
		if i < 0 {
			s.mu.Unlock()
			return nil
		}
		t := s.tasks[i]
		s.mu.Unlock()
		if err := t.join(ctx); err != nil {
			return err
		}
	}
}

// haltJobs lets no job fire any more and counts those that never ran.
func (s *script) haltJobs() (unfired int) {
	for _, j := range s.allJobs() {
		s.mu.Lock()
		if j.runs == 0 {
			unfired++
		}
		s.mu.Unlock()
		j.Stop()
	}
	return unfired
}
