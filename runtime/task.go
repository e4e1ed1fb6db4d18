package runtime

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// task is one run of something in a script: a Lua thread on a goroutine of its
// own, with a context of its own. It touches Lua only while it holds the
// script's lock.
type task struct {
	script  *script
	name    string
	job     *job    // nil: not the run of a job
	run     *jobRun // nil: none that the store knows
	loading bool
	patient bool // it waits while its script is held back
	began   time.Time
	owner   *device.Owner
	// keepsHeads: the owner outlives the task, as a REPL session its lines.
	keepsHeads bool

	// household is where the tasks live that it spawns: the script, or of
	// on_stop itself.
	household context.Context

	ctx    context.Context // for clock and devices; carries the task
	cancel context.CancelCauseFunc
	flag   *sandbox.Flag // the same for gopher-lua

	since atomic.Int64 // the stopwatch when it began to compute; 0: it waits
	turns turns        // guarded by script.lock

	// Guarded by script.mu.
	lasts   bool // it may go on, and begin others, while its script ends
	child   bool // another task of the script has begun it
	awaited bool // another task, or the caller in Go, gets its error: it is not logged

	done context.Context // ended when the task has, and err is set
	end  context.CancelFunc
	err  error

	results []lua.LValue // guarded by script.lock
	chain   *emission    // that led to it
}

var _ luaapi.Task = (*task)(nil)

type taskKey struct{}

// The reasons for which a task is ended without that being its error.
var (
	errShutdown   = errors.New("the host stops")
	errReload     = errors.New("the script was reloaded")
	errRemoved    = errors.New("the script was removed")
	errAside      = errors.New("the script was set aside")
	errSuperseded = errors.New("the script was saved again")
	errCancelled  = errors.New("the task was cancelled")
)

// taskSpec is what a task begins as.
type taskSpec struct {
	name   string
	parent context.Context // nil: the script's
	job    *job            // nil: not the run of a job
	run    *jobRun         // nil: none that the store knows
	by     *task           // nil: no task of the script has begun it
	limit  time.Duration   // 0: none
	lasts  bool            // also while the script ends
}

// newTask makes a task that start begins. Its context ends with spec.parent.
// While the script ends, only on_stop and a run that may finish begin tasks.
func (s *script) newTask(spec taskSpec) (*task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	isOnStop := spec.lasts
	spec.lasts = spec.lasts || spec.by != nil && spec.by.lasts || spec.job != nil && spec.job.lasts
	most := s.host.site().Limits.Tasks
	if s.file == site.FileName {
		most = 0 // as many as it has channels
	}
	switch {
	case s.closed || s.ending != nil && !spec.lasts:
		return nil, s.ending
	case most > 0 && len(s.tasks) >= most && !isOnStop:
		return nil, &luaapi.Failure{
			Kind:    "busy",
			Message: fmt.Sprintf("%s/%s was not started: the script has %d tasks already (limits.tasks)", s.name, spec.name, most),
			Hint:    "wait for tasks to end before you spawn more, or raise limits.tasks in site.yaml",
		}
	}
	t := s.makeTask(spec)
	s.tasks = append(s.tasks, t)
	return t, nil
}

func (s *script) makeTask(spec taskSpec) *task {
	t := &task{script: s, name: s.name + "/" + spec.name, job: spec.job, began: s.host.clk.Now(), run: spec.run, lasts: spec.lasts, household: s.ctx}
	parent := spec.parent
	if parent == nil {
		parent = s.ctx
	}
	mine := &device.Owner{Name: t.name, Script: s.name, Task: t.name}
	if t.job != nil {
		mine.Job = t.job.name
	}
	if spec.by != nil {
		t.child = true
		t.household, t.chain, t.run = spec.by.household, spec.by.chain, spec.by.run
		mine.ChildOf(spec.by.owner)
		if !spec.by.loading {
			mine.BelongsTo(spec.by.owner)
		}
	}
	t.owner = mine
	ctx, cancel := clock.WithCancelCause(parent)
	t.cancel = cancel
	t.done, t.end = clock.WithCancel(context.Background())
	t.ctx = device.WithOwner(clock.WithValue(ctx, taskKey{}, t), mine)
	t.flag = sandbox.NewFlag(context.WithValue(context.Background(), luaapi.TaskKey{}, luaapi.Task(t)))
	if s.host.conf.Steps > 0 {
		t.flag.Bound(s.tooManySteps)
	}
	clock.OnDone(ctx, func() { t.flag.Stop(clock.Cause(ctx)) })
	// The stop goes out when the task is told to end: to unwind it needs the
	// script's lock, which another task may hold for long.
	clock.OnDone(ctx, mine.End)
	if spec.limit > 0 {
		timer := s.host.clk.AfterFunc(spec.limit, func() {
			cancel(&luaapi.Failure{Kind: "timeout", Message: fmt.Sprintf("ran longer than its limit of %s", clock.FormatDuration(spec.limit))})
		})
		clock.OnDone(ctx, func() { timer.Stop() })
	}
	return t
}

// start runs body on a goroutine of its own, with the script's lock and a Lua
// thread. Then whatever the task began is ended.
func (t *task) start(body func(L *lua.LState) error) {
	t.script.running.Go(func() {
		var wrote written
		err := t.awaitTurn()
		if err == nil {
			err = t.script.lock.Acquire(t.ctx)
		}
		if err == nil {
			t.startComputing()
			err = t.guarded(body)
			if err != nil {
				err = t.failed(err)
			}
			wrote = t.submitState()
			t.stopComputing()
			t.script.lock.Release()
		}
		t.finish(err, wrote)
	})
}

func (t *task) guarded(body func(L *lua.LState) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			message := fmt.Sprintf("internal error: %v", v)
			t.script.host.logPanic(t, message, string(debug.Stack()))
			err = &luaapi.Failure{Kind: "panic", Message: message}
		}
	}()
	if err := clock.Cause(t.ctx); err != nil {
		return err
	}
	L := sandbox.NewThread(t.script.L, t.flag)
	t.script.L.G.CurrentThread = L
	return body(L)
}

// call runs a Lua function in the task and keeps its results.
func (t *task) call(L *lua.LState, fn *lua.LFunction, args ...lua.LValue) error {
	results, err := sandbox.Call(L, fn, lua.MultRet, args...)
	t.results = append(t.results, results...)
	return err
}

// startComputing notes that the task has the script's lock, stopComputing that
// it has not.
func (t *task) startComputing() {
	t.since.Store(int64(t.script.host.watch.Elapsed()))
	t.script.computing.Store(t)
	if t.script.host.conf.Steps > 0 {
		t.takeTurn()
	}
}

func (t *task) stopComputing() {
	t.script.computing.Store(nil)
}

// finish ends what the task began, tells those who wait for it, and logs an
// error that no caller gets.
func (t *task) finish(err error, wrote written) {
	t.cancel(errCancelled)
	s := t.script
	if s.host.isLost(err) {
		err = errShutdown
	}
	if !t.keepsHeads {
		// Those who wait for the task may count on its heads being at rest,
		// unless the device does not answer.
		t.owner.EndAndWait(s.host.hurry, s.host.clk)
	}
	err = wrote.waitAtEnd(err)
	s.mu.Lock()
	t.err = err
	logged := err != nil && !t.awaited && !isOrderly(err)
	if logged {
		s.failed.Add(1) // before Exec, which waits for the end, looks
	}
	t.end()
	s.tasks = without(s.tasks, t)
	s.noteIdle()
	s.mu.Unlock()
	s.noteEnd(t, err, logged)
	if logged {
		t.logError() // first: it has the hint, too
		if t.job == nil || t.child {
			t.recordFailure(err)
		}
	}
}

// isOrderly reports whether a task ended because it was told to.
func isOrderly(err error) bool {
	for _, orderly := range []error{errShutdown, errReload, errRemoved, errAside, errSuperseded, errCancelled, context.Canceled} {
		if errors.Is(err, orderly) {
			return true
		}
	}
	_, exit := errors.AsType[*Exit](err)
	return exit
}

// Script implements luaapi.Task.
func (t *task) Script() luaapi.Script { return t.script }

// Loading implements luaapi.Task.
func (t *task) Loading() bool { return t.loading }

// Wait implements luaapi.Task.
func (t *task) Wait(L *lua.LState, f func(ctx context.Context) error) error {
	if err := t.flag.Err(); err != nil {
		return err
	}
	s := t.script
	// gopher-lua keeps one current thread for the whole state; the tasks that
	// run meanwhile change it.
	current := L.G.CurrentThread
	wrote := t.submitState()
	t.stopComputing()
	s.lock.Release()
	err := f(t.ctx)
	if lost := wrote.wait(t.ctx); err == nil {
		err = lost
	}
	// Also a task that has been ended takes the lock: it unwinds in Lua.
	s.lock.Acquire(context.Background())
	t.startComputing()
	L.G.CurrentThread = current
	if ended := t.flag.Err(); ended != nil {
		return ended
	}
	return err
}

// Spawn implements luaapi.Task.
func (t *task) Spawn(L *lua.LState, fn *lua.LFunction, args []lua.LValue) (luaapi.Spawned, error) {
	s := t.script
	child, err := s.newTask(taskSpec{name: fmt.Sprintf("task-%d", s.spawns.Add(1)), parent: t.household, job: t.job, by: t})
	if err != nil {
		return nil, err
	}
	child.patient = true
	begin := func() { child.start(func(L *lua.LState) error { return child.call(L, fn, args...) }) }
	if t.loading {
		s.hold(begin)
	} else {
		begin()
	}
	return &spawned{child}, nil
}

// Limit implements luaapi.Task.
func (t *task) Limit(L *lua.LState, d time.Duration, fn *lua.LFunction) ([]lua.LValue, error) {
	s := t.script
	name := strings.TrimPrefix(t.name, s.name+"/") // without a limit of its own it is the same to people
	if d > 0 {
		name = fmt.Sprintf("timeout-%d", s.spawns.Add(1))
	}
	child, err := s.newTask(taskSpec{name: name, parent: t.ctx, job: t.job, by: t, limit: d})
	if err != nil {
		return nil, err
	}
	child.awaited, child.loading = true, t.loading
	child.start(func(L *lua.LState) error {
		err := child.call(L, fn)
		if err == nil {
			child.owner.GiveTo(t.owner)
		}
		return err
	})
	return (&spawned{child}).Wait(L)
}

// spawned is a task as the one sees it that started it.
type spawned struct{ t *task }

var _ luaapi.Spawned = (*spawned)(nil)

func (p *spawned) Name() string { return p.t.name }

func (p *spawned) Cancel() { p.t.cancel(errCancelled) }

func (p *spawned) Adopt() {
	p.t.script.mu.Lock()
	defer p.t.script.mu.Unlock()
	p.t.awaited = true
}

func (p *spawned) Done() bool { return p.t.done.Err() != nil }

func (p *spawned) Wait(L *lua.LState) ([]lua.LValue, error) {
	p.t.script.mu.Lock()
	p.t.awaited = true
	p.t.script.mu.Unlock()
	err := luaapi.TaskOf(L).Wait(L, func(ctx context.Context) error { return p.t.join(ctx) })
	if err != nil {
		return nil, err
	}
	if p.t.err != nil {
		return nil, p.t.err
	}
	return p.t.results, nil
}

// join waits until the task has ended; the error is about the waiting.
func (t *task) join(ctx context.Context) error { return t.script.host.awaitDone(ctx, t.done) }
