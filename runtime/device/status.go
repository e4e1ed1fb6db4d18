package device

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Status is what a device tells of itself at one moment. Times are in the zone
// that was asked for.
type Status struct {
	Name     string       `json:"name"`
	Address  string       `json:"address"`
	State    string       `json:"state"`
	Model    string       `json:"model,omitempty"`
	Firmware string       `json:"firmware,omitempty"`
	Events   string       `json:"events"`
	Answered *time.Time   `json:"answered,omitempty"` // last answer to any command
	RetryAt  *time.Time   `json:"retry_at,omitempty"` // locked: nothing is sent before
	Queue    int          `json:"queue"`              // commands that wait
	Active   int          `json:"active"`             // commands under way
	Heads    []HeadStatus `json:"heads"`              // that move, or that somebody has for itself
	Leaving  bool         `json:"leaving,omitempty"`  // taken out of the site, not yet at rest
	Err      error        `json:"-"`                  // why it is not online
}

// HeadStatus is a head in motion, or held by exclusive.
type HeadStatus struct {
	Channel   int        `json:"channel"`
	Part      string     `json:"part,omitempty"` // focus, iris; empty: pan, tilt and zoom
	Moving    bool       `json:"moving"`
	Stopping  bool       `json:"stopping"` // a stop is on its way
	Owner     string     `json:"owner,omitempty"`
	Since     *time.Time `json:"since,omitempty"`
	Exclusive string     `json:"exclusive,omitempty"` // who has it for itself
}

// Status tells how the device is. It waits for nothing but short locks.
func (d *Device) Status(zone *time.Location) Status {
	st := Status{
		Name: d.name, Address: d.conf().Address(), State: d.State(), Events: d.Events(),
		Heads: []HeadStatus{},
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.info != nil {
		st.Model, st.Firmware = d.info.Model, d.info.Firmware
	}
	st.Answered = zoned(d.answered, zone)
	if d.state == StateLocked {
		st.RetryAt = zoned(d.retryAt, zone)
	}
	st.Err = d.lastErr
	st.Queue, st.Active, st.Leaving = len(d.queue), d.active, d.retired
	for key, h := range d.heads {
		if h.motion == nil && h.holder == nil && !h.stopping {
			continue
		}
		head := HeadStatus{Channel: key.channel, Part: string(key.part), Moving: h.motion != nil, Stopping: h.stopping}
		if h.motion != nil {
			head.Owner = h.motion.owner.Name
			head.Since = zoned(h.motion.began, zone)
		}
		if h.holder != nil {
			head.Exclusive = h.holder.Name
			if head.Since == nil {
				head.Since = zoned(h.since, zone)
			}
		}
		st.Heads = append(st.Heads, head)
	}
	slices.SortFunc(st.Heads, func(a, b HeadStatus) int {
		return cmp.Or(a.Channel-b.Channel, strings.Compare(a.Part, b.Part))
	})
	return st
}

// zoned gives a time in a zone for JSON; nil for none.
func zoned(t time.Time, zone *time.Location) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.In(zone)
	return &t
}
