package runtime

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

const (
	// onStopLimit is how long the on_stop functions of a script may take together.
	onStopLimit = 5 * time.Second
	// leaveLimit is how long a new version waits for the tasks of the old
	// one: longer than a stop of their heads may take.
	leaveLimit = 2 * device.StopTimeout
)

// script is one generation of a file of scripts/, or a piece of Lua that exec
// or the REPL runs: one Lua state and one lock. Only the holder of the lock
// touches any Lua value of it.
type script struct {
	host *Host
	name string // "tour"
	file string // "scripts/tour.lua", as errors name it

	session bool // a Session has it; guarded by host.mu

	version

	lock *clock.Semaphore
	L    *lua.LState // guarded by lock
	keep *keep       // guarded by lock; nil: hik.state was never used

	turns         turns       // of all its tasks; guarded by lock
	outOfPatience atomic.Bool // the guard has ended a task that computed for too long

	ctx     context.Context // parent of its tasks
	cancel  context.CancelCauseFunc
	running *clock.Group // its tasks
	spawns  atomic.Int64
	failed  atomic.Int64 // tasks whose error was logged
	stopped atomic.Bool  // stop has been called

	// computing is the task that has the lock and uses it: for the guard.
	computing atomic.Pointer[task]

	mu     sync.Mutex
	tasks  []*task // that have not ended, oldest first
	jobs   jobList
	held   []func()
	phases map[string]time.Time // of the generation before
	// wasAside: the version before, or this one, was set aside.
	wasAside bool
	// asideThen is what the loader had for aside when the load began.
	asideThen *aside
	live      bool        // jobs may fire
	closed    bool        // no task may begin
	ending    error       // why it ends: then only on_stop and what finishes may begin
	toIdle    *clock.Cond // nothing of it runs or is to come
	onStop    []*lua.LFunction
	health    health
	series    []*series // of the script of archive.schedules

	receipts []sentNotice  // of a program; guarded by mu
	tester   luaapi.Tester // of a test; nil: it is none

	out  Output
	line string // that io.write has begun; the holder of lock has it
}

var _ luaapi.Script = (*script)(nil)

// newScript makes a Lua state with everything that scripts find in it.
func (h *Host) newScript(name, file string, out Output) *script {
	out.Log = cmp.Or(out.Log, h.log)
	s := &script{
		host: h, name: name, file: file, out: out,
		version: version{site: h.site(), seen: newLookups()},
		lock:    clock.NewSemaphore(h.clk, 1),
		running: clock.NewGroup(h.clk),
	}
	s.toIdle = clock.NewCond(h.clk, &s.mu)
	s.ctx, s.cancel = clock.WithCancelCause(h.ctx)
	s.L = sandbox.New(sandbox.Options{
		Now:      h.clk.Now,
		Location: s.site.Timezone,
		Getenv:   h.scriptEnv,
		Random:   h.randomSource(name),
		Compute:  h.computed(),
		Inspect:  luaapi.Inspect,
		Print:    func(L *lua.LState, text string) { h.print(L, s, text) },
		Stdout:   s.writer(cmp.Or(out.Stdout, h.conf.Stdout)),
		Stderr:   s.writer(cmp.Or(out.Stderr, h.conf.Stderr)),
	})
	luaapi.Open(s.L, s)
	s.openRequire()
	h.mu.Lock()
	if h.stopping {
		s.ending = errShutdown // Close has ended the others
	}
	h.states = append(h.states, s)
	h.mu.Unlock()
	return s
}

// Tester implements luaapi.Script.
func (s *script) Tester() luaapi.Tester { return s.tester }

// loaded waits for a load that has begun.
func loaded(t *task, err error) error {
	if err == nil {
		t.join(context.Background())
		err = t.err
	}
	return err
}

// beginLoad has the main chunk run, whose jobs and tasks are held back until
// goLive.
func (s *script) beginLoad(source []byte) (*task, error) {
	return s.beginLoadBy(func(t *task, L *lua.LState) error {
		fn, err := sandbox.Load(L, source, s.file)
		if err != nil {
			return err
		}
		return t.call(L, fn)
	})
}

// beginLoadBy is beginLoad with a main chunk of Go.
func (s *script) beginLoadBy(main func(t *task, L *lua.LState) error) (*task, error) {
	t, err := s.newTask(taskSpec{name: "load", limit: s.host.site().Limits.Load})
	if err != nil {
		return nil, err
	}
	t.loading, t.awaited = true, true
	t.start(func(L *lua.LState) error { return main(t, L) })
	return t, nil
}

// goLive lets the jobs fire and the tasks run that the load began.
func (s *script) goLive() {
	s.mu.Lock()
	s.live = true
	s.health.since = s.host.clk.Now()
	held, jobs := s.held, s.jobs.all()
	s.held = nil
	s.mu.Unlock()
	for _, j := range jobs {
		j.start()
	}
	for _, begin := range held {
		begin()
	}
	s.forgetRuns()
	if s.host.inCluster() {
		s.host.store.Hurry() // a job that is new may be taken over at once
	}
}

// hold keeps what a load began until the script is live.
func (s *script) hold(begin func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, begin)
}

// stop ends the script in an orderly way: no job fires any more, its tasks are
// ended, its on_stop functions run, and the stops of its heads are on their
// way. It returns when all of that is done. At a reload, runs of jobs with
// on_reload = "finish" go on in the old state, which ends with the last of them
// and of the hik.after that they set; so does what hangs in a call of Go, for
// which only Close waits longer.
// A second call, at the end of the host, only ends the tasks.
func (s *script) stop(why error) {
	ended := s.endTasks(why)
	if s.stopped.Swap(true) {
		return
	}
	if why == errReload {
		s.logCut(ended)
	}
	limit, done := context.Background(), func() {}
	if why != errShutdown {
		limit, done = clock.WithTimeout(s.host.clk, limit, leaveLimit)
	}
	defer done()
	for _, t := range ended {
		if t.join(limit) != nil {
			s.host.log.Warn("a task has not ended, and is not waited for any longer", keyScript, s.name, keyTask, t.name)
		}
	}
	s.runOnStop()
	s.mu.Lock()
	left := !s.idle()
	s.mu.Unlock()
	if left {
		s.host.finishing.Go(func() {
			s.awaitIdle()
			s.runOnStop() // of what was registered meanwhile
			s.close(why)
		})
		return
	}
	s.close(why)
}

// endTasks lets no job fire any more and tells the tasks to end, but for those
// that may go on: on_stop, and at a reload runs that may finish. It returns the
// tasks that it has ended.
func (s *script) endTasks(why error) (ended []*task) {
	s.mu.Lock()
	if s.ending == nil || why == errShutdown {
		s.ending = why
	}
	for _, t := range s.tasks {
		if why == errReload && t.job != nil && t.job.spec.OnReload == "finish" {
			t.lasts = true
		}
		if !t.lasts || why != errReload && t.job != nil {
			ended = append(ended, t)
		}
	}
	jobs := s.jobs.all()
	s.mu.Unlock()
	for _, j := range jobs {
		j.Stop()
	}
	for _, t := range ended {
		t.cancel(why)
	}
	return ended
}

// idle reports whether nothing of the script runs or is to come. Called with mu
// held.
func (s *script) idle() bool { return len(s.tasks) == 0 && s.jobs.len() == 0 }

// awaitIdle returns when an ending script has neither a task nor a job left.
func (s *script) awaitIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.idle() {
		s.toIdle.Wait(context.Background())
	}
}

// noteIdle is called with mu held when a task or a job has gone.
func (s *script) noteIdle() {
	if s.idle() {
		s.toIdle.Broadcast()
	}
}

// close ends whatever still runs and gives the state back.
func (s *script) close(why error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	if s.ending == nil {
		s.ending = why
	}
	jobs := s.jobs.all()
	s.held, s.onStop = nil, nil
	s.mu.Unlock()
	for _, j := range jobs {
		j.Stop()
	}
	s.cancel(why)
	s.running.Wait()
	s.host.devices.Release(s)
	s.lock.Acquire(context.Background())
	if s.line != "" {
		s.endLine()
	}
	s.L.Close()
	s.lock.Release()
	s.host.devices.Release(s)

	s.host.mu.Lock()
	defer s.host.mu.Unlock()
	s.host.states = without(s.host.states, s)
}

// without is a list after one has gone.
func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(list, func(one T) bool { return one == gone })
}

// runOnStop runs the on_stop functions, and those that they register.
func (s *script) runOnStop() {
	next := func() *lua.LFunction {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.onStop) == 0 {
			return nil
		}
		fn := s.onStop[0]
		s.onStop = s.onStop[1:]
		return fn
	}
	first := next()
	if first == nil {
		return
	}
	t, err := s.newTask(taskSpec{name: "on_stop", limit: onStopLimit, lasts: true})
	if err != nil {
		return
	}
	t.household = t.ctx
	t.start(func(L *lua.LState) error {
		for fn := first; fn != nil; fn = next() {
			if err := t.call(L, fn); err != nil {
				return err
			}
		}
		return nil
	})
	t.join(context.Background())
}

// Name implements luaapi.Script.
func (s *script) Name() string { return s.name }

// Version implements luaapi.Script.
func (s *script) Version() string { return s.host.conf.Version }

// Clock implements luaapi.Script.
func (s *script) Clock() clock.Clock { return s.host.clk }

// Location implements luaapi.Script.
func (s *script) Location() *time.Location { return s.site.Timezone }

// Vars implements luaapi.Script.
func (s *script) Vars() map[string]any { return s.site.Vars }

// Log implements luaapi.Script.
func (s *script) Log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	who := []slog.Attr{slog.String(keyScript, s.name)}
	if t, ok := ctx.Value(taskKey{}).(*task); ok && t.job != nil {
		who = append(who, slog.String(keyJob, t.job.name))
	}
	s.out.Log.LogAttrs(ctx, level, message, append(who, attrs...)...)
}

// Device implements luaapi.Script.
func (s *script) Device(name string) (luaapi.Device, error) {
	s.seen.note(name)
	return s.host.device(name)
}

// Devices implements luaapi.Script.
func (s *script) Devices() []luaapi.Device {
	s.seen.noteAll()
	devices := s.host.Devices()
	all := make([]luaapi.Device, len(devices))
	for i, d := range devices {
		all[i] = d
	}
	return all
}

// OpenDevice implements luaapi.Script.
func (s *script) OpenDevice(spec map[string]any) (luaapi.Device, error) {
	return s.host.openDevice(s, spec)
}

// OnStop implements luaapi.Script.
func (s *script) OnStop(fn *lua.LFunction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onStop = append(s.onStop, fn)
}
