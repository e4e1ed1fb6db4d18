package device

import (
	"context"
	"reflect"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// line is how a device is reached: its settings and the connections that are
// made with them. It is never changed, only replaced as a whole.
type line struct {
	conf   site.Device
	client *isapi.Client
	urgent *isapi.Client // connections of its own: stops wait for no snapshot
}

// close drops the connections; commands on their way go on.
func (l *line) close() {
	l.urgent.Close()
	l.client.Close()
}

func (d *Device) conf() *site.Device { return &d.line.Load().conf }

// setLimits takes over other limits.
func (d *Device) setLimits(l site.Limits) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limits = l
}

// rewire goes on over new connections. What is on its way ends over the old
// ones; whatever they said of the login counts no more.
func (d *Device) rewire(l *line) {
	d.mu.Lock()
	old := d.line.Swap(l)
	d.silent, d.timeouts = 0, nil
	if d.state != StateOnline || !sameLogin(old.conf, l.conf) {
		d.info = nil
		d.enter(StateUnknown, nil)
		d.wakeWatcher()
	}
	for _, h := range d.heads {
		if h.pause != nil {
			h.pause.Wake() // a stop that was refused is tried again now
		}
	}
	d.mu.Unlock()
	d.speak()
	d.feed.rewired()
	old.close()
}

func sameLogin(a, b site.Device) bool {
	return a.Username == b.Username && reflect.DeepEqual(a.Password, b.Password) && a.AuthMode == b.AuthMode && a.TLS == b.TLS
}

// pauseWatch is the watcher's wait for its next poll, which wakeWatcher ends.
func (d *Device) pauseWatch(wait time.Duration) error {
	w := d.clk.NewWaiter()
	d.mu.Lock()
	d.watching = w
	if d.woken {
		w.Wake()
	}
	d.mu.Unlock()
	timer := d.clk.AfterFunc(wait, w.Wake)
	err := clock.WaitFor(d.ctx, w)
	timer.Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watching, d.woken = nil, false
	return err
}

// wakeWatcher has the watcher look now whether a poll is due. Called with mu
// held.
func (d *Device) wakeWatcher() {
	d.woken = true
	if d.watching != nil {
		d.watching.Wake()
	}
}

// retire lets nothing more be asked of the device and has its heads stopped.
// What waits in its queue, and what is still to come from those who know it,
// goes to successor, if there is one.
func (d *Device) retire(successor *Device) {
	d.mu.Lock()
	d.retired = true
	if successor != nil {
		d.successor.Store(successor)
	}
	waiting := d.queue
	d.queue, d.poll = nil, nil
	for _, w := range d.idle {
		w.Wake()
	}
	d.idle = nil
	d.mu.Unlock()
	if successor != nil {
		d.feed.hub.move(d, successor)
	}
	for _, c := range waiting {
		d.finish(c, ErrClosed)
	}
	d.log.Info("device taken out of the site")
}

// finished stops whatever moves, and reports whether nothing does and no
// command is under way.
func (d *Device) finished() bool {
	for _, m := range d.motions() {
		m.stop()
	}
	d.mu.Lock()
	under := d.active
	d.mu.Unlock()
	return under == 0 && d.AtRest()
}

// motions are those that are under way, as far as we know.
func (d *Device) motions() []*motion {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*motion
	for _, h := range d.heads {
		if h.motion != nil {
			all = append(all, h.motion)
		}
	}
	return all
}

// movingHeads are the heads whose stop has not been answered.
func (d *Device) movingHeads() []headKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keys []headKey
	for key, h := range d.heads {
		if h.motion != nil || h.stopping {
			keys = append(keys, key)
		}
	}
	return keys
}

// stopEach has heads stopped without waiting for it.
func (d *Device) stopEach(keys []headKey) {
	for _, key := range keys {
		h := d.head(key.channel, key.part)
		d.mu.Lock()
		h.explicit = append(h.explicit, &stopRequest{waiter: d.clk.NewWaiter(), ctx: context.Background()})
		h.stopSoon()
		d.mu.Unlock()
	}
}
