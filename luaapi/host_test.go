package luaapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/store"
)

// fakeHost runs one script in virtual time, as the runtime would, with devices
// in memory. It is a Script; its tasks are fakeTasks.
type fakeHost struct {
	t        *testing.T
	clk      *clock.Virtual
	lock     *clock.Semaphore
	L        *lua.LState
	vars     map[string]any
	devices  []*fakeDevice
	jobs     []*fakeJob
	logged   []string
	onStop   []*lua.LFunction
	files    map[string]string
	opened   []map[string]any
	emitted  []any
	noBroker bool
	kept     *store.Store
	tester   fakeTester

	loading bool
	held    []func()
	spawned int
	live    int // tasks that have not ended
}

var _ Script = (*fakeHost)(nil)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newFakeHost(t *testing.T) *fakeHost {
	clk := clock.NewVirtual(began)
	h := &fakeHost{t: t, clk: clk, lock: clock.NewSemaphore(clk, 1), L: sandbox.New(sandbox.Options{}), files: map[string]string{}}
	t.Cleanup(h.L.Close)
	h.kept = store.Memory(store.Options{Clock: clk})
	h.vars = map[string]any{
		"night": "22:00", "dwell": 15.0, "on": true,
		"list": []any{"a", "b"}, "map": map[string]any{"x": 1.0, "deep": map[string]any{"y": 2.0}},
	}
	h.devices = []*fakeDevice{
		newFakeDevice(h, "gate", Channel{ID: 1, Name: "yard", Stream: isapi.Sub, StreamURL: "rtsp://192.0.2.10/live"}),
		newFakeDevice(h, "nvr", Channel{ID: 1, Name: "yard"}, Channel{ID: 2, Name: "Door"}, Channel{ID: 3, Name: "door"}),
		newFakeDevice(h, "cam"),
		newFakeDevice(h, "rec"),
		newFakeDevice(h, "fresh"),
		newFakeDevice(h, "spare"),
	}
	h.devices[2].answers["/ISAPI/Streaming/channels"] = oneChannel
	h.devices[3].answers["/ISAPI/ContentMgmt/InputProxy/channels"] = threeChannels
	h.devices[4].answers["/ISAPI/ContentMgmt/InputProxy/channels"] = oneInput
	Open(h.L, h)
	h.openPrelude()
	return h
}

func (h *fakeHost) Name() string             { return "tour" }
func (h *fakeHost) Version() string          { return "1.2.3" }
func (h *fakeHost) Clock() clock.Clock       { return h.clk }
func (h *fakeHost) Location() *time.Location { return time.FixedZone("CET", 3600) }
func (h *fakeHost) Vars() map[string]any     { return h.vars }
func (h *fakeHost) Tester() Tester           { return &h.tester }
func (h *fakeHost) State() State             { return h.kept.Script("tour") }
func (h *fakeHost) SharedState() State       { return h.kept.Shared() }
func (h *fakeHost) OnStop(fn *lua.LFunction) { h.onStop = append(h.onStop, fn) }
func (h *fakeHost) Devices() (list []Device) {
	for _, d := range h.devices {
		list = append(list, d)
	}
	return list
}

func (h *fakeHost) Log(_ context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	line := level.String() + " " + message
	for _, a := range attrs {
		line += " " + a.String()
	}
	h.logged = append(h.logged, line)
}

func (h *fakeHost) Device(name string) (Device, error) {
	for _, d := range h.devices {
		if d.name == name {
			return d, nil
		}
	}
	return nil, &Failure{Kind: "misuse", Message: fmt.Sprintf("no device %q", name), Hint: `did you mean "gate"?`}
}

func (h *fakeHost) OpenDevice(spec map[string]any) (Device, error) {
	if spec["ip"] == nil {
		return nil, fmt.Errorf("ip is missing")
	}
	h.opened = append(h.opened, spec)
	return h.devices[2], nil
}

func (h *fakeHost) SaveFile(_ context.Context, path string, data []byte) (string, error) {
	if strings.HasPrefix(path, "full/") {
		return "", &Failure{Kind: "disk", Message: "no space left on " + path}
	}
	h.files[path] = string(data)
	return "data/" + path, nil
}

func (h *fakeHost) ArchivePicture(_ context.Context, p ArchiveSpec, fill func(io.Writer) error) (Archived, error) {
	var data bytes.Buffer
	if err := fill(&data); err != nil {
		return Archived{}, err
	}
	path := fmt.Sprintf("data/archive/%s/%d/%s-%s.jpg", p.Device, p.Channel, p.Label, p.Event)
	h.files[path] = data.String()
	return Archived{path, int64(data.Len())}, nil
}

func (h *fakeHost) ReadPicture(_ context.Context, path string) ([]byte, error) {
	return []byte(h.files[path]), nil
}

// NextTime knows one word.
func (h *fakeHost) NextTime(when string, after time.Time) (time.Time, error) {
	if when != "sunrise" {
		return time.Time{}, fmt.Errorf("%q is no time", when)
	}
	return after.Add(time.Hour), nil
}

func (h *fakeHost) AddJob(spec JobSpec) (Job, error) {
	if spec.When == "30 feb" {
		return nil, fmt.Errorf("%q is not a cron line", spec.When)
	}
	j := &fakeJob{h: h, spec: spec}
	h.jobs = append(h.jobs, j)
	return j, nil
}

type fakeJob struct {
	h       *fakeHost
	spec    JobSpec
	stopped bool
	runs    int
}

func (j *fakeJob) Name() string {
	if j.spec.Name != "" {
		return j.spec.Name
	}
	return j.spec.Kind + " " + j.spec.When
}

func (j *fakeJob) Next() time.Time {
	if j.stopped {
		return time.Time{}
	}
	return began.Add(time.Minute)
}

func (j *fakeJob) Run() error {
	if j.runs++; j.runs > 1 {
		return &Failure{Kind: "busy", Message: "job " + j.Name() + " is running"}
	}
	return nil
}

func (j *fakeJob) Stop() { j.stopped = true }

// fakeTask is a task on a thread and a goroutine of its own.
type fakeTask struct {
	h       *fakeHost
	name    string
	ctx     context.Context
	cancel  context.CancelCauseFunc
	ended   bool
	adopted bool
	results []lua.LValue
	err     error
	waiters []clock.Waiter
}

var (
	_ Task    = (*fakeTask)(nil)
	_ Spawned = fakeSpawned{}
)

// fakeSpawned is a task seen from the one that started it.
type fakeSpawned struct{ k *fakeTask }

func (p fakeSpawned) Name() string { return p.k.name }
func (p fakeSpawned) Cancel()      { p.k.cancel(context.Canceled) }
func (p fakeSpawned) Done() bool   { return p.k.ended }
func (p fakeSpawned) Adopt()       { p.k.adopted = true }
func (p fakeSpawned) Wait(L *lua.LState) ([]lua.LValue, error) {
	for !p.k.ended {
		w := p.k.h.clk.NewWaiter()
		p.k.waiters = append(p.k.waiters, w)
		if err := TaskOf(L).Wait(L, func(ctx context.Context) error { return clock.WaitFor(ctx, w) }); err != nil {
			return nil, err
		}
	}
	return p.k.results, p.k.err
}

func (h *fakeHost) newTask(parent context.Context) *fakeTask {
	h.spawned++
	h.live++
	k := &fakeTask{h: h, name: fmt.Sprintf("tour/task-%d", h.spawned)}
	ctx, cancel := clock.WithCancelCause(parent)
	k.ctx, k.cancel = context.WithValue(ctx, TaskKey{}, Task(k)), cancel
	return k
}

func (k *fakeTask) Script() Script { return k.h }
func (k *fakeTask) Loading() bool  { return k.h.loading }

// Resume notes nothing.
func (k *fakeTask) Resume(context.Context, time.Time) {}

// ResumesUntil tells of nothing noted.
func (k *fakeTask) ResumesUntil() time.Time { return time.Time{} }

// Due is an hour ago.
func (k *fakeTask) Due() time.Time { return k.h.clk.Now().Add(-time.Hour) }

func (k *fakeTask) start(fn *lua.LFunction, args []lua.LValue) {
	L := sandbox.NewThread(k.h.L, nil)
	L.SetContext(k.ctx)
	k.h.clk.Go(func() {
		k.h.lock.Acquire(context.Background())
		defer k.h.lock.Release()
		k.results, k.err = callOn(L, fn, args)
		k.ended = true
		k.h.live--
		for _, w := range k.waiters {
			w.Wake()
		}
	})
}

func callOn(L *lua.LState, fn *lua.LFunction, args []lua.LValue) (results []lua.LValue, err error) {
	top := L.GetTop()
	err = L.CallByParam(lua.P{Fn: fn, NRet: lua.MultRet, Protect: true}, args...)
	for i := top + 1; err == nil && i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	return results, err
}

func (k *fakeTask) Wait(L *lua.LState, f func(ctx context.Context) error) error {
	if err := clock.Cause(k.ctx); err != nil {
		return err
	}
	current := L.G.CurrentThread
	k.h.lock.Release()
	err := f(k.ctx)
	k.h.lock.Acquire(context.Background())
	L.G.CurrentThread = current
	if ended := clock.Cause(k.ctx); ended != nil {
		return ended
	}
	return err
}

func (k *fakeTask) Spawn(L *lua.LState, fn *lua.LFunction, args []lua.LValue) (Spawned, error) {
	if k.h.live >= 1000 {
		return nil, &Failure{Kind: "busy", Message: "1000 tasks are running"}
	}
	child := k.h.newTask(context.Background())
	begin := func() { child.start(fn, args) }
	if k.h.loading {
		k.h.held = append(k.h.held, begin)
	} else {
		begin()
	}
	return fakeSpawned{child}, nil
}

func (k *fakeTask) Limit(L *lua.LState, d time.Duration, fn *lua.LFunction) ([]lua.LValue, error) {
	child := k.h.newTask(k.ctx)
	if d > 0 {
		timer := k.h.clk.AfterFunc(d, func() {
			child.cancel(&Failure{Kind: "timeout", Message: "took longer than " + clock.FormatDuration(d)})
		})
		defer timer.Stop()
	}
	child.start(fn, nil)
	return fakeSpawned{child}.Wait(L)
}

// run runs a Lua file as one task and lets all that it spawned end.
func (h *fakeHost) run(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return h.runText(string(source), filepath.ToSlash(path))
}

func (h *fakeHost) runText(source, name string) error {
	fn, err := h.L.Load(strings.NewReader(source), name)
	if err != nil {
		return err
	}
	task := h.newTask(context.Background())
	task.start(fn, nil)
	h.clk.RunFor(24 * time.Hour)
	if !task.ended {
		return fmt.Errorf("%s waits for ever", name)
	}
	return task.err
}
