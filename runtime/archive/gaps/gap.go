package gaps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
)

// Series is what should be in the archive: a schedule at one channel.
type Series struct {
	Device  string
	Channel int
	Name    string // of the channel in site.yaml; "": it has none
	Label   string
	Due     schedule.Schedule
}

// key tells a series from others. A schedule that was changed is another one.
func (s Series) key() string {
	return fmt.Sprintf("%s/%d/%s/%s", s.Device, s.Channel, s.Label, s.Due)
}

// Gap is pictures of one series in a row that should be there and are not.
type Gap struct {
	Device  string    `json:"device"`
	Channel int       `json:"channel"`
	Name    string    `json:"name,omitempty"`
	Label   string    `json:"label,omitempty"`
	Every   string    `json:"schedule"`      // in words
	From    time.Time `json:"from"`          // the first of them was due
	Last    time.Time `json:"last"`          // the last of them was due
	Till    time.Time `json:"till,omitzero"` // pictures came again; zero: the gap goes on
	Missing int       `json:"missing"`       // pictures
	Reasons []Reason  `json:"reasons"`       // in the order of time; at least one
}

// Reason is why pictures are missing.
type Reason struct {
	Why     string    `json:"why"` // "offline", "host not running", "timeout"
	From    time.Time `json:"from"`
	Till    time.Time `json:"till,omitzero"` // zero: it goes on
	Missing int       `json:"missing"`       // pictures of the gap
}

// The reasons that are not the state of a device or the kind of an error.
const (
	HostDown   = "host not running"
	HostAsleep = "machine asleep"
	NotKnown   = "reason not known"
)

// channelText is "gate/yard", or "gate/1" for a channel without a name.
func channelText(device string, channel int, name string) string {
	return device + "/" + cmp.Or(name, fmt.Sprint(channel))
}

// Text says why pictures are missing, with times in a zone:
// "gate/yard offline 02:10-05:00, host not running since 06:30".
func (g *Gap) Text(zone *time.Location) string { return g.text(zone, false) }

// text is Text, with the day of each span where dated.
func (g *Gap) text(zone *time.Location, dated bool) string {
	parts := make([]string, 0, len(g.Reasons))
	for _, r := range g.Reasons {
		what := r.Why
		if r.Why != HostDown && r.Why != HostAsleep {
			what = channelText(g.Device, g.Channel, g.Name) + " " + r.Why
		}
		parts = append(parts, what+" "+spanText(r.From, r.Till, zone, dated))
	}
	return strings.Join(parts, ", ")
}

// spanText is "02:10-05:00", with dates where the days differ, or where dated.
func spanText(from, till time.Time, zone *time.Location, dated bool) string {
	const day, clock = "2006-01-02", "15:04"
	from = from.In(zone)
	if till.IsZero() {
		return "since " + from.Format(day+" "+clock)
	}
	till = till.In(zone)
	first, second := from.Format(clock), till.Format(clock)
	if from.Format(day) != till.Format(day) {
		return from.Format(day) + " " + first + " - " + till.Format(day) + " " + second
	}
	if dated {
		first = from.Format(day) + " " + first
	}
	if from.Format(clock) == second {
		return first
	}
	return first + "-" + second
}

// add counts one more missing picture.
func (g *Gap) add(due time.Time, r Reason) {
	g.Last = due
	g.Missing++
	if n := len(g.Reasons); n > 0 && g.Reasons[n-1].Why == r.Why && (r.Till.IsZero() || g.Reasons[n-1].Till.Equal(r.Till) || !r.From.After(g.Reasons[n-1].Till)) {
		g.Reasons[n-1].Missing++
		if !r.Till.IsZero() {
			g.Reasons[n-1].Till = r.Till
		}
		return
	}
	r.Missing = 1
	if n := len(g.Reasons); n > 0 {
		before := &g.Reasons[n-1]
		if before.Till.IsZero() {
			before.Till = latest(before.From, r.From)
		}
		r.From = latest(r.From, before.Till)
	}
	g.Reasons = append(g.Reasons, r)
}

// drop takes back the last missing picture.
func (g *Gap) drop() {
	g.Missing--
	n := len(g.Reasons)
	if g.Reasons[n-1].Missing--; g.Reasons[n-1].Missing == 0 && n > 1 {
		g.Reasons = g.Reasons[:n-1]
	}
}

// end ends the gap, and with it the reason that went on.
func (g *Gap) end(till, recovered time.Time) {
	g.Till = till
	if n := len(g.Reasons); n > 0 && g.Reasons[n-1].Till.IsZero() {
		if recovered.IsZero() || recovered.After(till) {
			recovered = till
		}
		g.Reasons[n-1].Till = latest(g.Reasons[n-1].From, recovered)
	}
}

func (g *Gap) clone() Gap {
	c := *g
	c.Reasons = slices.Clone(g.Reasons)
	return c
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
