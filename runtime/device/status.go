package device

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Status is what a device tells of itself at one moment. Times are in the zone
// that was asked for.
type Status struct {
	Name      string     `json:"name"`
	Address   string     `json:"address"`
	Simulated bool       `json:"simulated,omitempty"` // no device is behind it
	State     string     `json:"state"`
	Since     *time.Time `json:"since,omitempty"` // it has that state
	Model     string     `json:"model,omitempty"`
	Firmware  string     `json:"firmware,omitempty"`
	Events    string     `json:"events"`
	// EventsSince is since when they are stale; nil: they are not.
	EventsSince *time.Time   `json:"events_since,omitempty"`
	Answered    *time.Time   `json:"answered,omitempty"` // last answer to any command
	RetryAt     *time.Time   `json:"retry_at,omitempty"` // locked: nothing is sent before
	Queue       int          `json:"queue"`              // commands that wait
	Active      int          `json:"active"`             // commands under way
	Heads       []HeadStatus `json:"heads"`              // that move, or that somebody has for itself
	Leaving     bool         `json:"leaving,omitempty"`  // taken out of the site, not yet at rest
	Err         error        `json:"-"`                  // why it is not online
}

// HeadStatus is a head in motion, or held by exclusive.
type HeadStatus struct {
	Channel   int        `json:"channel"`
	Part      string     `json:"part,omitempty"` // focus, iris; empty: pan, tilt and zoom
	Moving    bool       `json:"moving"`
	Stopping  bool       `json:"stopping"`          // a stop is on its way
	Refused   string     `json:"refused,omitempty"` // why the last try of it failed
	Owner     string     `json:"owner,omitempty"`
	Since     *time.Time `json:"since,omitempty"`
	Exclusive string     `json:"exclusive,omitempty"` // who has it for itself
}

// Status tells how the device is. It waits for nothing but short locks.
func (r *Ref) Status(zone *time.Location) Status {
	st := Status{
		Name: r.name, Address: r.conf().Address(), State: r.State(), Events: r.Events(), Simulated: r.Simulated(),
		Heads: []HeadStatus{}, Leaving: r.gone.Load(), EventsSince: clock.In(r.dev().feed.staleSince(), zone),
	}
	r.mu.Lock()
	if r.info != nil {
		st.Model, st.Firmware = r.info.Model, r.info.Firmware
	}
	st.Answered, st.Since = clock.In(r.answered, zone), clock.In(r.since, zone)
	if r.state == StateLocked {
		st.RetryAt = clock.In(r.retryAt, zone)
	}
	st.Err = r.lastErr
	r.mu.Unlock()
	d := r.dev()
	d.mu.Lock()
	defer d.mu.Unlock()
	st.Queue, st.Active = len(d.queue), d.active
	for key, h := range d.heads {
		holder := h.holder()
		if !h.moving() && holder == nil {
			continue
		}
		head := HeadStatus{
			Channel: key.channel, Part: string(key.part), Moving: h.moving(),
			Stopping: h.stopper.busy(), Refused: errorText(h.stopper.refused.err),
		}
		if h.motion != nil {
			head.Owner = h.motion.owner.Name
			head.Since = clock.In(h.motion.began, zone)
		}
		if holder != nil {
			head.Exclusive = holder.owner.Name
			if head.Since == nil {
				head.Since = clock.In(holder.since, zone)
			}
		}
		st.Heads = append(st.Heads, head)
	}
	slices.SortFunc(st.Heads, func(a, b HeadStatus) int {
		return cmp.Or(a.Channel-b.Channel, strings.Compare(a.Part, b.Part))
	})
	return st
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return luaapi.Describe(err).Message
}
