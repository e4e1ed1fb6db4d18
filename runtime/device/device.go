package device

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// queueLength bounds how many commands wait for one device.
const queueLength = 256

// Device is one camera, NVR or DVR, that is one address: its queue of commands
// with the workers that carry them out, its heads, and its event stream. What
// scripts and site.yaml call it is a Ref; a Device has one for each name.
type Device struct {
	set     *Set
	clk     clock.Clock
	address string
	feed    *feed // the event stream

	// lines are those of its Refs, site.yaml's before those that scripts have
	// opened. The first one's settings count for the queue and the event
	// stream. The last one stays when its Ref goes: heads are stopped over it.
	lines atomic.Pointer[[]*line]

	ctx    context.Context // ends when the device is closed
	cancel context.CancelFunc
	ended  *clock.Group // workers, stoppers, the stream

	mu       sync.Mutex
	queue    []*command
	looks    []*command  // of people who look on: after the queue
	looking  bool        // one of them is under way
	polls    []*command  // of liveness: after everything else
	idle     *clock.Cond // workers wait for a command
	workers  int
	started  bool
	closed   bool // nothing more is accepted
	waning   bool // nothing is sent; see Set.Wane
	active   int  // commands under way
	heads    map[headKey]*head
	nextSlot time.Time   // max_rate: no command before
	settling *clock.Cond // a head has come to rest, or a command has ended
}

// ErrClosed is the end of a command that was not sent because its device is
// gone.
var ErrClosed = errors.New("the device was taken out of the site, or the host stops")

// newDevice makes a device that start starts. It gets its first line by join.
func (s *Set) newDevice(address string) *Device {
	d := &Device{set: s, clk: s.clk, address: address, ended: clock.NewGroup(s.clk), heads: make(map[headKey]*head), waning: s.waning}
	d.idle, d.settling = clock.NewCond(s.clk, &d.mu), clock.NewCond(s.clk, &d.mu)
	d.lines.Store(new([]*line))
	d.ctx, d.cancel = clock.WithCancel(context.Background())
	d.feed = newFeed(d)
	return d
}

// first is the line whose settings count for the device as a whole.
func (d *Device) first() *line { return (*d.lines.Load())[0] }

func (d *Device) conf() *site.Device { return &d.first().conf }

// refs are the names of the device that have not been given up.
func (d *Device) refs() []*Ref {
	var refs []*Ref
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range *d.lines.Load() {
		if !l.left {
			refs = append(refs, l.ref)
		}
	}
	return refs
}

// join takes in a line, in the place of another of the same name if that has
// one here.
func (d *Device) join(l, instead *line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := slices.Clone(*d.lines.Load())
	i := slices.Index(lines, instead)
	if i >= 0 {
		lines[i] = l
	} else {
		lines = slices.DeleteFunc(lines, func(o *line) bool { return o.left })
		i = len(lines)
		if l.ref.ofSite {
			if j := slices.IndexFunc(lines, func(o *line) bool { return !o.ref.ofSite }); j >= 0 {
				i = j
			}
		}
		lines = slices.Insert(lines, i, l)
	}
	d.lines.Store(&lines)
	d.hire()
	for _, h := range d.heads {
		h.stopper.abandoned = false
		h.stopper.hurry() // a stop that was refused is tried again now
	}
}

// leave ends what was begun over a line: what waits in the queue is not sent,
// and heads are stopped. The last line stays for that.
func (d *Device) leave(l *line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.left = true
	if lines := *d.lines.Load(); len(lines) > 1 {
		lines = slices.DeleteFunc(slices.Clone(lines), func(o *line) bool { return o == l })
		d.lines.Store(&lines)
		d.hire()
	}
	d.dropQueued(ErrClosed, func(c *command) bool { return c.ref == l.ref })
	for _, h := range d.heads {
		if h.motion != nil && h.motion.ref == l.ref {
			h.motion.stopNow()
		}
	}
}

// relined has the event stream opened anew if change makes another line the
// first.
func (d *Device) relined(change func()) {
	before := *d.lines.Load()
	change()
	if len(before) > 0 && d.first() != before[0] {
		d.feed.rewired()
		before[0].ref.wakeChanged() // there the stream waits for another state
	}
}

// start lets the device carry out commands.
func (d *Device) start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.started = true
	d.hire()
}

// hire starts the workers that are missing. Those that are too many go when
// they find out. Called with mu held.
func (d *Device) hire() {
	for d.started && !d.closed && d.workers < d.concurrency() {
		d.workers++
		d.ended.Go(d.work)
	}
	d.idle.Broadcast()
}

func (d *Device) concurrency() int { return max(d.conf().Concurrency, 1) }

// close ends the workers and waits for them. A head that is not at rest by then
// is given up, with a line in the log.
func (d *Device) close() {
	d.cancel()
	d.mu.Lock()
	d.closed = true
	d.dropQueued(ErrClosed, func(*command) bool { return true })
	d.idle.Broadcast()
	d.mu.Unlock()
	d.ended.Wait()
	for _, l := range *d.lines.Load() {
		l.close()
	}
}

// atRest reports whether no head of the device has to be stopped any more.
func (d *Device) atRest() bool { return len(d.movingHeads()) == 0 }

// movingHeads are the heads of which it is not known that they rest.
func (d *Device) movingHeads() []*head {
	d.mu.Lock()
	defer d.mu.Unlock()
	heads := slices.DeleteFunc(slices.Collect(maps.Values(d.heads)), func(h *head) bool { return !h.moving() })
	slices.SortFunc(heads, func(a, b *head) int {
		return cmp.Or(a.channel-b.channel, strings.Compare(string(a.part), string(b.part)))
	})
	return heads
}

// stopAll has every head stopped that moves, and drops the moves that wait. It
// does not wait.
func (d *Device) stopAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropQueued(errAbandoned, func(c *command) bool { return c.motion != nil })
	for _, h := range d.heads {
		if h.motion != nil {
			h.motion.stopNow()
		}
	}
}

// mayMove tells of the heads that are not known to rest.
func (d *Device) mayMove() []error {
	var all []error
	for _, h := range d.movingHeads() {
		d.mu.Lock()
		why := h.stopper.refused.err
		d.mu.Unlock()
		err := fmt.Errorf("%s channel %d: the head may still be moving: its stop was not answered", d.first().ref.name, h.channel)
		if why != nil {
			err = fmt.Errorf("%w (%w)", err, why)
		}
		all = append(all, err)
	}
	return all
}

// giveUp has the heads count as at rest. The crash book goes on to have them.
func (d *Device) giveUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range d.heads {
		h.stopper.abandoned = h.moving()
		h.stopper.hurry()
	}
}

// hurryStops has stops that pause between two tries tried again now.
func (d *Device) hurryStops() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range d.heads {
		h.stopper.hurry()
	}
}

// awaitRest waits until nothing that was begun over l is under way: no command,
// and no head moves. Where l was the last one, no head of the device may.
func (d *Device) awaitRest(ctx context.Context, l *line) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.works(l) {
		if err := d.settling.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// worksFor reports whether something that was begun over l is under way.
func (d *Device) worksFor(l *line) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.works(l)
}

// works is worksFor, called with mu held.
func (d *Device) works(l *line) bool {
	last := !slices.ContainsFunc(*d.lines.Load(), func(o *line) bool { return !o.left })
	for _, h := range d.heads {
		if h.moving() && (last || h.motion != nil && h.motion.ref == l.ref) {
			return true
		}
	}
	return l.active > 0 || last && d.active > 0
}

// info is what the device last said of itself; nil before its first answer.
func (d *Device) info() *isapi.DeviceInfo { return d.first().ref.Info() }
