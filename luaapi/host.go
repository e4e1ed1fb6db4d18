package luaapi

import (
	"context"
	"io"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Script is what the bindings need of the host for one script. One Script
// belongs to one Lua state; its methods are called by the holder of the
// script's lock, except where it says otherwise.
type Script interface {
	Services
	Keeper
	Archive

	// Name is the script's short name: "tour" for scripts/tour.lua.
	Name() string
	// Version is the program's version.
	Version() string
	// Clock is the host's clock.
	Clock() clock.Clock
	// Location is the site's time zone.
	Location() *time.Location
	// Vars are the vars of site.yaml: strings, float64, bools, lists, maps.
	Vars() map[string]any
	// Log writes one line to the host's log. Any goroutine may call it.
	Log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr)

	// Device finds a device of the site by its name. The error of an unknown
	// one names the nearest.
	Device(name string) (Device, error)
	// Devices are those of the site, in the order of site.yaml.
	Devices() []Device
	// OpenDevice makes a device that is not in site.yaml. Keys and values are
	// those of site.yaml. Asked again for the same address and account it
	// gives the same device, so that its queue and login stay one.
	OpenDevice(spec map[string]any) (Device, error)

	// AddJob registers a job. A job of the same name is replaced.
	AddJob(JobSpec) (Job, error)
	// SaveFile writes data to a file below the site's data folder (in exec
	// without a site: below the current folder), whole or not at all, and
	// returns its path as ReadFile takes it, "data/" in front. Called inside
	// Task.Wait.
	SaveFile(ctx context.Context, path string, data []byte) (string, error)
	// ArchivePicture puts a picture into the site's archive, whole or not at all,
	// and returns where it is. fill writes the picture. The error is of kind misuse if the site has no archive. Called
	// inside Task.Wait, as is the next.
	ArchivePicture(ctx context.Context, p ArchiveSpec, fill func(io.Writer) error) (Archived, error)
	// ReadPicture gives what ArchivePicture has filed under a path.
	ReadPicture(ctx context.Context, path string) ([]byte, error)
	// NextTime is when a time such as hik.at takes comes next after another;
	// zero: never. The error says what is wrong with the words.
	NextTime(when string, after time.Time) (time.Time, error)
	// Tester is what the file of a test can do besides; nil outside hiklua test.
	Tester() Tester
	// OnStop registers fn to run when the script stops or is reloaded.
	OnStop(fn *lua.LFunction)
}

// Task is one run of something in a script. TaskOf finds it.
type Task interface {
	// Script is the script that the task runs in.
	Script() Script
	// Loading reports whether this is the load of the script, during which no
	// device may be commanded.
	Loading() bool
	// Wait runs f without the script's lock, so that other tasks of the script
	// run meanwhile, and takes the lock again. f must not touch Lua values. ctx
	// ends when the task is ended; the error is f's, or why the task was ended.
	Wait(L *lua.LState, f func(ctx context.Context) error) error
	// Spawn starts fn as a task of its own once the caller waits, or, during
	// the load, once the script is live.
	Spawn(L *lua.LState, fn *lua.LFunction, args []lua.LValue) (Spawned, error)
	// Limit calls fn on a thread of its own and ends it with an error of kind
	// "timeout" when d has passed; never if d is 0. Motions that fn began go on to belong to
	// this task unless fn was ended.
	Limit(L *lua.LState, d time.Duration, fn *lua.LFunction) ([]lua.LValue, error)
	// Resume has the run of a job that the task belongs to begun once more if it
	// is cut off before till by a reload, the end of the host or a crash, and
	// waits until the disk has it. Where Due is zero it does nothing. Called
	// inside Wait.
	Resume(ctx context.Context, till time.Time)
	// ResumesUntil is the till of the last Resume of that run; zero: there was none.
	ResumesUntil() time.Time
	// Due is when the run of a job that the task belongs to was due; zero: it
	// belongs to none, or to one of a handler.
	Due() time.Time
	// Emit tells every script that listens to name, this one included, of
	// value: nil, bool, float64, string, or a map[any]any of them, which nothing may change. It does not wait.
	Emit(name string, value any) error
}

// Spawned is a task seen from the one that started it.
type Spawned interface {
	// Name is for the log: "tour/task-3".
	Name() string
	// Wait blocks the task of L until this one has ended and returns what its
	// function returned. The error is the one that ended it.
	Wait(L *lua.LState) ([]lua.LValue, error)
	// Cancel ends it at its next wait or instruction.
	Cancel()
	// Adopt says that the caller waits for it and raises its error itself, so
	// that the host does not log it as an uncaught one.
	Adopt()
	// Done reports whether it has ended.
	Done() bool
}

// Device is one camera, NVR or DVR with its queue. All methods may be called
// from any goroutine. Those that take a context wait, and are called inside
// Task.Wait with the context given there, which says whose command it is.
type Device interface {
	Name() string
	// State is unknown, online, offline, unauthorized, locked or elsewhere.
	State() string
	// Channels are those of site.yaml, by number.
	Channels() []Channel
	// Address is host, port and scheme for building stream URLs.
	Address() (scheme, host string, port int)

	// Do queues one command and waits for its end.
	Do(ctx context.Context, cmd Command, f func(context.Context, *isapi.Client) error) error
	// Move starts a motion of a head. With a duration it returns when the head
	// was stopped, or at once if NoWait is set; the host stops it in any case.
	Move(ctx context.Context, cmd Command, v isapi.Velocity, o MoveOptions) error
	// MoveLens is Move for a part of the lens; speed -100..100, 0 stops it.
	MoveLens(ctx context.Context, cmd Command, part Lens, speed int, o MoveOptions) error
	// StopHead stops a head ahead of everything in the queue.
	StopHead(ctx context.Context, channel int) error
	// Exclusive waits until the head is this task's alone and returns what
	// gives it back. timeout 0: as long as the task lives.
	Exclusive(ctx context.Context, channel int, timeout time.Duration) (release func(), err error)
	// Looking is what is known of where a head looks, without asking: its
	// position, nil if it was not told lately, and the preset to which the last
	// command sent it, by name if that is known.
	Looking(channel int) (pose *isapi.Pose, preset string)

	// Events is flowing, stale or off: the state of the event stream.
	Events() string
	// WaitEvent waits for the next event that spec asks for. nil without an
	// error: timeout came first; 0 is for ever.
	WaitEvent(ctx context.Context, spec EventSpec, timeout time.Duration) (*Event, error)
}

// Channel is a channel of site.yaml.
type Channel struct {
	ID        int
	Name      string
	Stream    isapi.Stream
	StreamURL string // never with a password
}

// Command says what is asked of a device, for its journal and its log.
type Command struct {
	What    string // "snapshot", "preset"
	Channel int    // 0: the device itself
	Detail  string // "3", "40 0 0"
	Name    string // of the preset whose number Detail is, as far as it is known
	Head    bool   // it moves the head, and so ends the motion that the head is in
}

// Lens is a part of a lens that moves until it is stopped.
type Lens string

// The parts of a lens.
const (
	NoLens Lens = "" // pan, tilt and zoom
	Focus  Lens = "focus"
	Iris   Lens = "iris"
)

// MoveOptions bound a motion.
type MoveOptions struct {
	Duration time.Duration // 0: until stopped, the end of the task, or limits.motion
	NoWait   bool
	// Send, if it is set, sends the motion, and with no velocity its stop. Such
	// a motion is not renewed: what is sent is the script's own affair.
	Send func(ctx context.Context, c *isapi.Client, v isapi.Velocity) error
}

// ArchiveSpec is what a picture is filed under.
type ArchiveSpec struct {
	Device     string
	Channel    int
	Label      string // "": none
	Event      string // type of the event for which it was taken; "": none
	Taken      time.Time
	DeviceTime time.Time   // by the device's clock; zero: it did not say
	Pose       *isapi.Pose // of the head; nil: not known
	Preset     string      // to which the head was sent; "": none
}

// Archived is a picture in the archive.
type Archived struct {
	Path string // of its file, as people are told it
	Size int64  // bytes; more than the camera sent, by what the picture tells of itself
}

// JobSpec is a job as a script wrote it. The host checks the words.
type JobSpec struct {
	Kind     string // cron, every, at, after, on
	When     string // the cron line, the time of at, the duration if it was a text, or "gate:motion"
	Interval time.Duration
	Fn       *lua.LFunction
	Place    string // file:line of the registration

	Name     string // "": made from kind and when
	Overlap  string // skip (or ""), queue, allow
	Timeout  time.Duration
	Jitter   time.Duration
	Timezone string
	Days     string
	Between  string
	CatchUp  time.Duration
	OnReload string // cancel (or ""), finish

	Event *EventSpec // of kind on
}

// Firing is what a job's function is told about its run.
type Firing struct {
	Name      string
	Scheduled time.Time
	Started   time.Time
	Late      time.Duration

	Event *Event // of a handler
	Value any    // of a handler for an emitted name: what Emit was given
	Chain any    // the host's note of which emission led to this one
	// Ended, if it is set, is told once when and how the run ended; without times, why
	// it did not begin. It must not wait. It is the host's, too.
	Ended func(started, ended time.Time, err error)
}

// Job is a registered job.
type Job interface {
	Name() string
	// Next is the time of the next run; zero if there is none.
	Next() time.Time
	// Run starts a run by hand.
	Run() error
	// Stop removes the job; a run that is under way ends by itself.
	Stop()
}

// TaskKey is the key under which a Lua thread's context carries its Task.
type TaskKey struct{}

// TaskOf returns the task that L runs for.
func TaskOf(L *lua.LState) Task {
	return L.Context().Value(TaskKey{}).(Task)
}
