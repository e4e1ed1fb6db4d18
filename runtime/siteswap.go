package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// retirePatience is how long a device that was taken out of the site is still
// asked to stop its heads, and how long its last commands may take.
const retirePatience = time.Minute

// site is what site.yaml says at present. It is never changed, only replaced.
func (h *Host) site() *site.Site { return h.now.Load() }

// syncSite takes over a site.yaml that was changed, or says why not: then
// nothing changes. The scripts that it concerns are reloaded by the caller,
// who has h.loading.
//
// A device whose block is the same is not touched. One of which only the
// login, a time or a name changed goes on with its queue and its heads over
// new connections, and is asked at once. One with another address is another
// device: the old one stops its heads and ends, the new one begins after that.
func (h *Host) syncSite() []Change {
	if h.conf.Reload == nil {
		return nil
	}
	next, err := h.readSite()
	if errors.Is(err, errUnsettled) {
		return nil
	}
	var what site.Changes
	var swap siteSwap
	if err == nil {
		what = site.Compare(h.site(), next)
		if !what.Empty() {
			swap, err = h.prepareSwap(next)
		}
	}
	if err != nil {
		return h.siteRefused(err)
	}
	h.mu.Lock()
	mended := h.siteErr != nil
	h.siteErr = nil
	h.mu.Unlock()
	if what.Empty() {
		if mended {
			h.log.Info("site.yaml is right again, nothing changed")
		}
		return nil
	}
	if !h.swapSite(next, swap) {
		return nil
	}
	h.log.Info("site.yaml taken over", "changed", describeChanges(what))
	return []Change{{Site: &what, Was: true, Is: true}}
}

// errUnsettled: somebody is writing site.yaml at this moment.
var errUnsettled = errors.New("site.yaml is being written")

// readSite reads site.yaml. An editor that truncates a file and then writes it
// must not end every device for a moment.
func (h *Host) readSite() (*site.Site, error) {
	path := filepath.Join(h.site().Dir, site.FileName)
	before, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(before)) == 0 {
		return nil, errUnsettled
	}
	next, err := h.conf.Reload()
	if after, readErr := os.ReadFile(path); readErr != nil || !bytes.Equal(before, after) {
		return nil, errUnsettled
	}
	return next, err
}

// siteRefused tells, once for each reason, why site.yaml is not taken over.
func (h *Host) siteRefused(err error) []Change {
	h.mu.Lock()
	told := h.siteErr != nil && h.siteErr.Error() == err.Error()
	h.siteErr = err
	h.mu.Unlock()
	if told {
		return nil
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		h.log.Error("site.yaml not taken over, everything runs on as it was", keyError, line)
	}
	return []Change{{Site: &site.Changes{}, Was: true, Is: true, Err: err}}
}

// SiteError is why the present site.yaml is not what runs; nil if it is.
func (h *Host) SiteError() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.siteErr
}

// siteSwap is what a new site.yaml does to the devices.
type siteSwap struct {
	devices []*Device           // of the new site, in its order
	added   []*Device           // of those, the ones that have to be started
	instead map[*Device]*Device // new ones, by the old one that has to end first
	gone    []*Device
	lines   map[*Device]*line // kept ones with other settings
}

// prepareSwap makes whatever is new and touches nothing.
func (h *Host) prepareSwap(next *site.Site) (siteSwap, error) {
	swap := siteSwap{instead: make(map[*Device]*Device), lines: make(map[*Device]*line)}
	old := make(map[string]*Device)
	for _, d := range h.Devices() {
		old[d.Name()] = d
	}
	var problems []error
	for _, conf := range next.Devices {
		d := old[conf.Name]
		delete(old, conf.Name)
		was, _ := h.site().Device(conf.Name)
		var err error
		switch {
		case d != nil && was.Equal(conf):
		case d != nil && samePlace(was, conf):
			swap.lines[d], err = h.newLine(conf)
		default:
			before := d
			if d, err = h.newDevice(conf); err != nil {
				break
			}
			if before == nil {
				swap.added = append(swap.added, d)
			} else {
				swap.instead[before] = d
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("device %s: %w", conf.Name, err))
			continue
		}
		swap.devices = append(swap.devices, d)
	}
	for _, d := range h.Devices() {
		if old[d.Name()] == d || swap.instead[d] != nil {
			swap.gone = append(swap.gone, d)
		}
	}
	return swap, errors.Join(problems...)
}

// samePlace reports whether two blocks of one name mean the same device,
// reached in another way or under other names.
func samePlace(a, b site.Device) bool {
	return a.Scheme == b.Scheme && a.Host == b.Host && a.Port == b.Port &&
		a.Simulate == b.Simulate && a.Concurrency == b.Concurrency
}

// swapSite makes next what the site says; false: the host has closed.
func (h *Host) swapSite(next *site.Site, swap siteSwap) bool {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return false
	}
	h.now.Store(next)
	h.devices = swap.devices
	h.retired = append(h.retired, swap.gone...)
	started := h.started
	h.mu.Unlock()
	for _, d := range h.allDevices() {
		d.setLimits(next.Limits)
	}
	for _, d := range swap.devices {
		if l := swap.lines[d]; l != nil {
			d.rewire(l)
		}
	}
	for _, d := range swap.added {
		if started {
			d.start(0)
		}
	}
	for _, d := range swap.gone {
		successor := swap.instead[d]
		d.retire(successor)
		h.retiring.Go(func() { h.awaitRest(d, successor) })
	}
	return true
}

// awaitRest closes a device that was retired once it is at rest, and starts
// its successor, which does not wait for that for ever.
func (h *Host) awaitRest(d, successor *Device) {
	ctx, cancel := clock.WithTimeout(h.clk, h.ctx, retirePatience)
	defer cancel()
	hurry := h.clk.Now().Add(stopTimeout)
	for clock.Cause(ctx) == nil && !d.finished() {
		if successor != nil && h.clk.Now().After(hurry) {
			// It is not reached at its old address any more: perhaps it is at
			// the new one.
			successor.stopEach(d.movingHeads())
			successor.start(0)
			successor = nil
		}
		clock.Sleep(ctx, h.clk, 20*time.Millisecond)
	}
	if clock.Cause(h.ctx) != nil {
		return // Close waits for it with the others
	}
	if successor != nil {
		successor.start(0)
	}
	d.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.retired, d); i >= 0 {
		h.retired = slices.Delete(h.retired, i, i+1)
	}
}

// describeChanges gives "gate changed, yard removed, vars".
func describeChanges(c site.Changes) string {
	var parts []string
	for _, devices := range []struct {
		names []string
		word  string
	}{{c.Added, "added"}, {c.Changed, "changed"}, {c.Removed, "removed"}} {
		if len(devices.names) > 0 {
			parts = append(parts, joined(devices.names)+" "+devices.word)
		}
	}
	for _, key := range []struct {
		changed bool
		word    string
	}{
		{c.Timezone, "timezone"}, {c.Location, "location"}, {c.Vars, "vars"},
		{c.Archive, "archive"}, {c.Limits, "limits"}, {c.Order, "order of devices"},
	} {
		if key.changed {
			parts = append(parts, key.word)
		}
	}
	return strings.Join(parts, ", ")
}

// concerns reports whether a script that was loaded under before would find
// something else now: zone, place, vars, or a device that it has looked for.
// Passwords and times of a device are none of its business.
func (l *lookups) concerns(before, now *site.Site) bool {
	if before == now {
		return false
	}
	if before.TimezoneName != now.TimezoneName || !reflect.DeepEqual(before.Location, now.Location) ||
		!reflect.DeepEqual(before.Vars, now.Vars) {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	names := l.names
	if l.all {
		if !slices.Equal(before.DeviceNames(), now.DeviceNames()) {
			return true
		}
		names = make(map[string]bool)
		for _, name := range now.DeviceNames() {
			names[name] = true
		}
	}
	for name := range names {
		was, had := before.Device(name)
		is, has := now.Device(name)
		if had != has || !samePlace(was, is) || !reflect.DeepEqual(was.Channels, is.Channels) {
			return true
		}
	}
	return false
}
