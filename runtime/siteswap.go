package runtime

import (
	"bytes"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// site is what site.yaml says at present. It is never changed, only replaced.
func (h *Host) site() *site.Site { return h.now.Load() }

// syncSite takes over a site.yaml that was changed, or says why not: then
// nothing changes. The scripts that it concerns are reloaded by the caller,
// who has h.siteTurn.
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
	var swap *device.Swap
	if err == nil {
		what = site.Compare(h.site(), next)
		if !what.Empty() {
			swap, err = h.devices.Prepare(next)
		}
	}
	if err != nil {
		return h.siteRefused(err)
	}
	h.mu.Lock()
	mended, stopping := h.siteErr != nil, h.stopping
	h.siteErr = nil
	if !what.Empty() && !stopping {
		h.now.Store(next)
	}
	h.mu.Unlock()
	switch {
	case what.Empty() && mended:
		h.log.Info("site.yaml is right again, nothing changed")
		return nil
	case what.Empty() || stopping:
		return nil
	}
	swap.Commit()
	if h.notices != nil && (what.Notify || what.Timezone) {
		h.notices.Configure(next.Notify, next.Timezone)
	}
	if h.conf.SiteTaken != nil {
		h.conf.SiteTaken(next)
	}
	h.log.Info("site.yaml taken over", "changed", describeChanges(what))
	h.recordScript("", scriptReloaded, nil)
	return []Change{{Site: &what, Was: true, Is: true}}
}

// errUnsettled: somebody is writing site.yaml at this moment.
var errUnsettled = errors.New("site.yaml is being written")

// readSite reads site.yaml. An editor that truncates a file and then writes it
// must not end every device for a moment.
func (h *Host) readSite() (*site.Site, error) {
	dir := h.source()
	before, err := readPlain(dir, site.FileName)
	if errors.Is(err, fs.ErrNotExist) && clock.Sleep(h.reloads, h.clk, goneFor) == nil {
		before, err = readPlain(dir, site.FileName) // an editor had moved it aside
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("site.yaml is gone")
	}
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(before)) == 0 {
		return nil, errUnsettled
	}
	next, err := h.conf.Reload()
	if after, readErr := readPlain(dir, site.FileName); readErr != nil || !bytes.Equal(before, after) {
		return nil, errUnsettled
	}
	return next, err
}

// siteRefused tells, once for each reason, why site.yaml is not taken over.
func (h *Host) siteRefused(err error) []Change {
	h.mu.Lock()
	logged := h.siteErr != nil && h.siteErr.Error() == err.Error()
	h.siteErr = err
	h.mu.Unlock()
	if logged {
		return nil
	}
	h.recordScript("", scriptRefused, err)
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
		{c.Archive, "archive"}, {c.Notify, "notify"}, {c.MQTT, "mqtt"}, {c.Web, "web"}, {c.Cluster, "cluster"}, {c.Limits, "limits"}, {c.Order, "order of devices"},
	} {
		if key.changed {
			parts = append(parts, key.word)
		}
	}
	return strings.Join(parts, ", ")
}

// concerns reports whether a script that was loaded under before would find
// something else now: zone, place, vars, a device that it has looked for, or whether
// there is a broker, or a token for its hook.
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
	if l.mqtt && (before.MQTT == nil) != (now.MQTT == nil) {
		return true
	}
	for name := range l.hooks {
		_, had := before.Web.Hook(name)
		if _, has := now.Web.Hook(name); had != has {
			return true
		}
	}
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
		if had != has || !device.SamePlace(was, is) || !reflect.DeepEqual(was.Channels, is.Channels) {
			return true
		}
	}
	return false
}
