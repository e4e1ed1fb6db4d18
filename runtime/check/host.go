package check

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/site"
)

// errRehearsal is what everything fails with that goes beyond the arguments.
var errRehearsal = &luaapi.Failure{Kind: "cancelled", Message: "only a rehearsal"}

// host is a luaapi.Script that knows the site and does nothing. What it does
// not have is caught as a panic of the bindings, which says nothing about the
// script.
type host struct {
	luaapi.Script
	dir     string
	site    *site.Site // nil: not known
	saved   *site.Saved
	devices []*device

	testing bool // what is looked at may be a test
	loading bool // of the call that is being rehearsed
	asked   int  // how often a device was asked what its head can do
	effects int  // of that call
}

func (h *host) Name() string    { return "check" }
func (h *host) Version() string { return "0" }
func (h *host) Clock() clock.Clock {
	return clock.NewVirtual(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
}

func (h *host) Location() *time.Location {
	if h.site == nil {
		return time.UTC
	}
	return h.site.Timezone
}

func (h *host) Vars() map[string]any {
	if h.site == nil {
		return nil
	}
	return h.site.Vars
}

func (h *host) Log(context.Context, slog.Level, string, ...slog.Attr) { h.effects++ }
func (h *host) OnStop(*lua.LFunction)                                 { h.effects++ }
func (h *host) ArchivePicture(context.Context, luaapi.ArchiveSpec, func(io.Writer) error) (luaapi.Archived, error) {
	return luaapi.Archived{}, errRehearsal
}
func (h *host) ReadPicture(context.Context, string) ([]byte, error) { return nil, errRehearsal }

func (h *host) ListArchive(context.Context, luaapi.ArchiveQuery) ([]luaapi.ArchivedPicture, error) {
	return nil, errRehearsal
}

func (h *host) PruneArchive(context.Context, bool) (luaapi.ArchivePruned, error) {
	return luaapi.ArchivePruned{}, errRehearsal
}

// Notify knows the targets of the site.
func (h *host) Notify(_ context.Context, target string, _ luaapi.Notice) error {
	if h.site == nil {
		return nil
	}
	if _, ok := h.site.Target(target); !ok {
		return luaapi.UnknownTarget(target, h.site.TargetNames())
	}
	return nil
}

// Broker knows whether the site has one.
func (h *host) Broker() error {
	if h.site != nil && h.site.MQTT == nil {
		return luaapi.NoBroker()
	}
	return nil
}

// Hook knows the hooks of the site.
func (h *host) Hook(name string) error {
	if h.site == nil {
		return nil
	}
	if _, ok := h.site.Web.Hook(name); !ok {
		return luaapi.NoHook(name, h.site.Web.HookNames())
	}
	return nil
}

func (h *host) Publish(context.Context, luaapi.Message) (bool, error) { return false, errRehearsal }

func (h *host) Device(name string) (luaapi.Device, error) {
	for _, d := range h.devices {
		if d.name == name && !d.opened {
			return d, nil
		}
	}
	if h.site == nil {
		return h.add(&device{name: name}), nil
	}
	conf, ok := h.site.Device(name)
	if !ok {
		return nil, luaapi.UnknownDevice(name, h.site.DeviceNames())
	}
	conf.Saved = h.saved.Of(conf)
	return h.add(newDevice(conf)), nil
}

func (h *host) add(d *device) *device {
	d.host = h
	h.devices = append(h.devices, d)
	return d
}

func (h *host) Devices() []luaapi.Device {
	var list []luaapi.Device
	if h.site != nil {
		for _, name := range h.site.DeviceNames() {
			d, _ := h.Device(name)
			list = append(list, d)
		}
	}
	return list
}

func (h *host) OpenDevice(spec map[string]any) (luaapi.Device, error) {
	conf, err := site.ParseDevice(spec, h.dir)
	if err != nil {
		return nil, &luaapi.Failure{Kind: "misuse", Message: err.Error()}
	}
	d := newDevice(conf)
	d.opened = true
	return h.add(d), nil
}

// AddJob refuses times and days that no job could have.
func (h *host) AddJob(spec luaapi.JobSpec) (luaapi.Job, error) {
	zone := h.Location()
	if spec.Timezone != "" {
		own, err := schedule.Zone(spec.Timezone)
		if err != nil {
			return nil, fmt.Errorf("timezone %w", err)
		}
		zone = own
	}
	var err error
	switch spec.Kind {
	case "cron":
		_, err = schedule.ParseCron(spec.When, zone)
	case "every":
		_, err = schedule.NewEvery(spec.Interval, time.Time{})
	case "at":
		_, err = schedule.ParseAt(spec.When, zone, h.place())
	}
	if err != nil {
		return nil, err
	}
	if _, err := schedule.ParseFilter(spec.Days, spec.Between, zone, h.place()); err != nil {
		return nil, err
	}
	h.effects++
	return job{host: h}, nil
}

// NextTime refuses what hik.at refuses.
func (h *host) NextTime(when string, _ time.Time) (time.Time, error) {
	if _, err := schedule.ParseAt(when, h.Location(), h.place()); err != nil {
		return time.Time{}, err
	}
	return time.Time{}, errRehearsal
}

// place is where the sun is looked up. A site that could not be read counts as
// one that has a place.
func (h *host) place() *schedule.Place {
	switch {
	case h.site == nil:
		return &schedule.Place{}
	case h.site.Location == nil:
		return nil
	}
	return &schedule.Place{Lat: h.site.Location.Lat, Lon: h.site.Location.Lon}
}

// Sun refuses where the site has no place.
func (h *host) Sun(time.Time) (luaapi.SunTimes, error) {
	if h.place() == nil {
		return luaapi.SunTimes{}, &luaapi.Failure{Kind: "misuse", Message: "sun: the site has no location", Hint: "site.yaml needs one, such as location: {lat: 52.52, lon: 13.40}"}
	}
	return luaapi.SunTimes{}, errRehearsal
}

// task is the task of every call that is rehearsed.
type task struct {
	luaapi.Task
	host *host
}

func (t *task) Script() luaapi.Script { return t.host }
func (t *task) Loading() bool         { return t.host.loading }
func (t *task) Due() time.Time        { return time.Time{} }

func (t *task) Resume(context.Context, time.Time) {}
func (t *task) ResumesUntil() time.Time           { return time.Time{} }

// Wait runs f with a context that has ended, so that nothing in it waits.
func (t *task) Wait(_ *lua.LState, f func(context.Context) error) error {
	t.host.effects++
	ctx, end := clock.WithCancel(context.Background())
	end()
	return f(ctx)
}

func (t *task) Spawn(*lua.LState, *lua.LFunction, []lua.LValue) (luaapi.Spawned, error) {
	t.host.effects++
	return spawned{}, nil
}

func (t *task) Limit(*lua.LState, time.Duration, *lua.LFunction) ([]lua.LValue, error) {
	return nil, errRehearsal
}

// device is one of site.yaml. It refuses everything but to tell what was saved
// of it.
type device struct {
	luaapi.Device
	name     string
	saved    *site.SavedDevice // nil: nothing
	client   *isapi.Client     // of a simulated device that has what was saved; nil: nothing was
	channels []luaapi.Channel
	host     *host
	opened   bool // by hik.device{...}
}

func newDevice(conf site.Device) *device {
	d := &device{name: conf.Name, saved: conf.Saved}
	if conf.Saved != nil {
		d.client = standIn(conf)
	}
	for _, ch := range conf.Channels {
		stream := isapi.Main
		if ch.Stream == site.StreamSub {
			stream = isapi.Sub
		}
		d.channels = append(d.channels, luaapi.Channel{ID: ch.Address, Name: ch.Name, Stream: stream, StreamURL: ch.StreamURL})
	}
	return d
}

// Do refuses. A device of which nothing was saved does not list its channels, and
// is taken for a camera with its one; it does not say what its head can do, and
// is taken to have the presets of every Hikvision.
func (d *device) Do(_ context.Context, cmd luaapi.Command, f func(context.Context, *isapi.Client) error) error {
	d.host.effects++
	switch cmd.What {
	case "snapshot":
		return takePicture(f)
	case "ptz_capabilities", "channels":
		if d.client != nil && (cmd.What == "channels" || d.told(cmd.Channel)) {
			return f(context.Background(), d.client)
		}
	}
	switch cmd.What {
	case "ptz_capabilities":
		d.host.asked++
		fallthrough
	case "channels":
		return &isapi.Error{Op: cmd.What, Device: d.name, Err: isapi.ErrUnsupported}
	}
	return errRehearsal
}

func (d *device) Move(context.Context, luaapi.Command, isapi.Velocity, luaapi.MoveOptions) error {
	return errRehearsal
}

func (d *device) StopHead(context.Context, int) error { return errRehearsal }

func (d *device) Looking(int) (*isapi.Pose, string) { return nil, "" }
func (d *device) Exclusive(context.Context, int, time.Duration) (func(), error) {
	return nil, errRehearsal
}

func (d *device) Name() string                                       { return d.name }
func (d *device) State() string                                      { return "unknown" }
func (d *device) Channels() []luaapi.Channel                         { return d.channels }
func (d *device) Address() (scheme string, address string, port int) { return "http", "192.0.2.1", 80 }
