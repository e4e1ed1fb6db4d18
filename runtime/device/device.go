package device

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// The states of a device.
const (
	StateUnknown      = "unknown"
	StateOnline       = "online"
	StateOffline      = "offline"
	StateUnauthorized = "unauthorized"
	StateLocked       = "locked"
)

const (
	// queueLength bounds how many commands wait for one device.
	queueLength = 256
	// queuePatience is how many command timeouts a command waits for its turn.
	queuePatience = 6
)

// Device is one camera, NVR or DVR: its connections, its queue of commands,
// its heads and what is known of its state. Its workers, one for each command
// that may be under way at once, and its watcher run from start to stop.
type Device struct {
	name   string
	clk    clock.Clock
	log    *slog.Logger
	record func(journal.Entry)
	limits site.Limits

	// line is how the device is reached; a new site.yaml may give another.
	line atomic.Pointer[line]
	feed *feed    // the event stream
	book *logbook // of heads in motion; nil: none is kept
	// successor has the device's name now.
	successor atomic.Pointer[Device]

	ctx    context.Context // ends when the device is closed
	cancel context.CancelFunc
	ended  *clock.Group // workers, watcher, stoppers

	mu       sync.Mutex
	queue    []*command
	poll     *command // the liveness poll: after everything else
	idle     []clock.Waiter
	heads    map[headKey]*head
	nextSlot time.Time // max_rate: no command before
	closed   bool
	retired  bool         // taken out of the site: nothing more is accepted
	active   int          // commands under way
	watching clock.Waiter // the watcher waits here
	woken    bool         // somebody wants it to look now

	state    string
	info     *isapi.DeviceInfo
	lastErr  error
	answered time.Time   // the last answer to any command
	silent   int         // commands in a row that timed out
	timeouts []time.Time // of the last ten minutes
	hinted   time.Time   // when these were told last
	retryAt  time.Time   // locked: when a login may be tried again
	changed  []clock.Waiter

	remarks  []remark // for the log, once mu is free
	speaking bool     // a goroutine logs them
}

// newDevice makes a device that start starts.
func newDevice(l *line, clk clock.Clock, log *slog.Logger, limits site.Limits, record func(journal.Entry)) *Device {
	d := &Device{
		name: l.conf.Name, clk: clk, limits: limits, record: record,
		log:   log.With(keyDevice, l.conf.Name),
		ended: clock.NewGroup(clk),
		heads: make(map[headKey]*head),
		state: StateUnknown,
	}
	d.line.Store(l)
	d.ctx, d.cancel = clock.WithCancel(context.Background())
	d.feed = newFeed(d)
	return d
}

// start starts the workers and the watcher; the first poll goes out after
// delay, so that a thousand devices are not all asked in one instant.
func (d *Device) start(delay time.Duration) {
	for range max(d.conf().Concurrency, 1) {
		d.ended.Go(d.work)
	}
	d.ended.Go(func() { d.watch(delay) })
}

// stop ends the workers and waits for them. Heads must be at rest by then.
func (d *Device) stop() {
	d.cancel()
	d.mu.Lock()
	d.closed = true
	waiting := d.queue
	d.queue = nil
	for _, w := range d.idle {
		w.Wake()
	}
	d.idle = nil
	d.mu.Unlock()
	for _, c := range waiting {
		d.finish(c, ErrClosed)
	}
	d.ended.Wait()
	d.line.Load().close()
}

// Name implements luaapi.Device.
func (d *Device) Name() string { return d.name }

// State implements luaapi.Device.
func (d *Device) State() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Info is what the device last said of itself; nil before its first answer.
func (d *Device) Info() *isapi.DeviceInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.info
}

// LastError is why the device is not online; nil if it is.
func (d *Device) LastError() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lastErr
}

// Address implements luaapi.Device.
func (d *Device) Address() (scheme, host string, port int) {
	conf := d.conf()
	return conf.Scheme, conf.Host, conf.Port
}

// Channels implements luaapi.Device.
func (d *Device) Channels() []luaapi.Channel {
	channels := make([]luaapi.Channel, 0, len(d.conf().Channels))
	for _, c := range d.conf().Channels {
		channels = append(channels, luaapi.Channel{
			ID: c.Address, Name: c.Name, Stream: streams[c.Stream], StreamURL: c.StreamURL,
		})
	}
	slices.SortStableFunc(channels, func(a, b luaapi.Channel) int { return a.ID - b.ID })
	return channels
}

var streams = map[site.Stream]isapi.Stream{
	site.StreamMain: isapi.Main,
	site.StreamSub:  isapi.Sub,
}

// Client gives the camera's language itself, past the queue: for commands of
// the operator, not of scripts.
func (d *Device) Client() *isapi.Client { return d.line.Load().client }

// failure makes an error of this device that no answer of it caused.
func (d *Device) failure(kind string, channel int, message, hint string) error {
	return &luaapi.Failure{Kind: kind, Message: message, Device: d.name, Channel: channel, Hint: hint}
}

// ErrClosed is the end of a command that was not sent because its device is
// gone.
var ErrClosed = errors.New("the device was taken out of the site, or the host stops")
