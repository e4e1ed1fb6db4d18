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
	"github.com/hiklua/hiklua/runtime/site"
)

// The states of a device.
const (
	StateUnknown      = "unknown"
	StateOnline       = "online"
	StateOffline      = "offline"
	StateUnauthorized = "unauthorized"
	StateLocked       = "locked"
	StateElsewhere    = "elsewhere" // another host of the cluster drives it, or none does
)

// Ref is a device under one of its names, as site.yaml or hik.device{...}
// describe it: with channels, a login and what is known of that. The queue and
// the heads are those of the Device at its address. Where site.yaml gives the
// name another address, the Ref goes on with the Device there.
type Ref struct {
	set     *Set
	clk     clock.Clock
	name    string
	log     *slog.Logger
	ofSite  bool         // site.yaml has it
	asked   site.Device  // else: what hik.device{...} said
	holders map[any]bool // and the generations of scripts that did; guarded by Set.mu
	gone    atomic.Bool  // given up: nothing more is asked under this name
	line    atomic.Pointer[line]

	ctx    context.Context // ends when the Ref is given up, and has stopped its heads
	cancel context.CancelFunc
	ended  *clock.Group // the watcher, and who tells its events

	mu       sync.Mutex
	watching *clock.Cond // the watcher is to look now
	woken    bool        // it is
	state    string
	info     *isapi.DeviceInfo
	since    time.Time // of state
	lastErr  error
	answered time.Time   // the last answer to any command
	silent   int         // commands in a row that timed out
	timeouts []time.Time // of the last ten minutes
	hinted   time.Time   // when these were told last
	retryAt  time.Time   // locked: when a login may be tried again
	changed  *clock.Cond // another state, or the name is given up

	poses poses

	logging *clock.Sequence // of lines for the log
	telling *clock.Sequence // of events of the host
}

var _ luaapi.Device = (*Ref)(nil)

// start starts the watcher, whose first poll goes out after delay, so that a
// thousand devices are not all asked in one instant.
func (r *Ref) start(delay time.Duration) {
	r.dev().start()
	r.ended.Go(func() { r.watch(delay) })
}

// close ends the watcher and waits for it.
func (r *Ref) close() {
	r.cancel()
	r.ended.Wait()
}

func (r *Ref) dev() *Device { return r.line.Load().dev }

func (r *Ref) conf() *site.Device { return &r.line.Load().conf }

// AtRest reports whether every head of the device is known to rest.
func (r *Ref) AtRest() bool { return r.dev().atRest() }

// Name implements luaapi.Device.
func (r *Ref) Name() string { return r.name }

// State implements luaapi.Device.
func (r *Ref) State() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Info is what the device last said of itself; nil before its first answer.
func (r *Ref) Info() *isapi.DeviceInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.info
}

// LastError is why the device is not online; nil if it is.
func (r *Ref) LastError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastErr
}

// Simulated reports whether software stands in the place of the device.
func (r *Ref) Simulated() bool { return r.line.Load().simulated }

// Conf are its settings as they are now.
func (r *Ref) Conf() site.Device { return *r.conf() }

// Place is where its account is: host and port.
func (r *Ref) Place() string { return placeOf(*r.conf()) }

// Address implements luaapi.Device.
func (r *Ref) Address() (scheme, host string, port int) {
	conf := r.conf()
	return conf.Scheme, conf.Host, conf.Port
}

// Channels implements luaapi.Device.
func (r *Ref) Channels() []luaapi.Channel {
	channels := make([]luaapi.Channel, 0, len(r.conf().Channels))
	for _, c := range r.conf().Channels {
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
func (r *Ref) Client() *isapi.Client { return r.line.Load().client }

// failure makes an error of this device that no answer of it caused.
func (r *Ref) failure(kind string, channel int, message, hint string) error {
	return &luaapi.Failure{Kind: kind, Message: message, Device: r.name, Channel: channel, Hint: hint}
}

// here does something at the device, and once more where the name has moved to
// another one meanwhile and nothing was sent.
func (r *Ref) here(f func(d *Device) error) error {
	for {
		d := r.dev()
		err := f(d)
		if !errors.Is(err, ErrClosed) || r.dev() == d || r.gone.Load() {
			return err
		}
	}
}

// Do implements luaapi.Device.
func (r *Ref) Do(ctx context.Context, cmd luaapi.Command, f func(context.Context, *isapi.Client) error) error {
	return r.here(func(d *Device) error {
		c := &command{Command: cmd, ref: r, ctx: ctx, run: f}
		if cmd.Head {
			c.head = d.head(cmd.Channel, luaapi.NoLens)
			if err := d.enter(c); err != nil {
				return err
			}
		}
		return d.submit(c)
	})
}

// Move implements luaapi.Device.
func (r *Ref) Move(ctx context.Context, cmd luaapi.Command, v isapi.Velocity, o luaapi.MoveOptions) error {
	return r.move(ctx, cmd, luaapi.NoLens, v, o)
}

// MoveLens implements luaapi.Device.
func (r *Ref) MoveLens(ctx context.Context, cmd luaapi.Command, part luaapi.Lens, speed int, o luaapi.MoveOptions) error {
	return r.move(ctx, cmd, part, isapi.Velocity{Zoom: speed}, o)
}

func (r *Ref) move(ctx context.Context, cmd luaapi.Command, part luaapi.Lens, v isapi.Velocity, o luaapi.MoveOptions) error {
	return r.here(func(d *Device) error {
		h := d.head(cmd.Channel, part)
		if v == (isapi.Velocity{}) {
			return h.stop(ctx, r)
		}
		return h.move(ctx, r, cmd, v, o)
	})
}

// StopHead implements luaapi.Device. It goes before everything in the queue and
// returns when the device has answered. If that takes too long it returns an
// error, and the stop is still tried until it is answered.
func (r *Ref) StopHead(ctx context.Context, channel int) error {
	return r.here(func(d *Device) error { return d.head(channel, luaapi.NoLens).stop(ctx, r) })
}

// Exclusive implements luaapi.Device.
func (r *Ref) Exclusive(ctx context.Context, channel int, timeout time.Duration) (func(), error) {
	return r.dev().head(channel, luaapi.NoLens).lease(ctx, r, timeout)
}

// Events implements luaapi.Device.
func (r *Ref) Events() string { return r.dev().feed.shown() }

// WaitEvent implements luaapi.Device.
func (r *Ref) WaitEvent(ctx context.Context, spec luaapi.EventSpec, timeout time.Duration) (*luaapi.Event, error) {
	var mu sync.Mutex
	var got *luaapi.Event
	w := r.clk.NewWaiter()
	l := &Listener{Spec: spec, Tell: func(ev *luaapi.Event, _, _ any) {
		mu.Lock()
		defer mu.Unlock()
		if got == nil {
			got = ev
			w.Wake()
		}
	}}
	r.set.hub.Add(l)
	defer r.set.hub.Remove(l)
	o := ownerOf(ctx)
	o.events.Add(1)
	defer o.events.Add(-1)
	if timeout > 0 {
		defer r.clk.AfterFunc(timeout, w.Wake).Stop()
	}
	err := clock.WaitFor(ctx, w)
	mu.Lock()
	defer mu.Unlock()
	if got != nil {
		return got, nil
	}
	return nil, err
}
