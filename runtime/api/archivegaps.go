package api

import (
	"net/http"
	"time"

	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Gaps is what GET /api/archive/gaps answers: pictures that should be there and are
// not, and why.
type Gaps struct {
	From    time.Time  `json:"from"`
	Till    time.Time  `json:"till"`
	Alive   *time.Time `json:"alive,omitempty"` // a host was last seen
	Due     int        `json:"due"`             // pictures
	Missing int        `json:"missing"`
	Series  []Missing  `json:"series"`
}

// Missing is what is missing of one schedule at one channel.
type Missing struct {
	Device   string `json:"device"`
	Channel  int    `json:"channel"`
	Name     string `json:"name,omitempty"`
	Label    string `json:"label,omitempty"`
	Schedule string `json:"schedule"` // in words
	Due      int    `json:"due"`      // 0: the schedule is not in site.yaml any more
	Missing  int    `json:"missing"`
	Text     string `json:"text"`
	Gaps     []Gap  `json:"gaps"`
}

// Gap is pictures in a row that are missing.
type Gap struct {
	From    time.Time   `json:"from"` // the first of them was due
	Last    time.Time   `json:"last"` // the last of them was due
	Till    *time.Time  `json:"till,omitempty"`
	Missing int         `json:"missing"`
	Reasons []GapReason `json:"reasons"`
}

// GapReason is why.
type GapReason struct {
	Why     string     `json:"why"`
	From    time.Time  `json:"from"`
	Till    *time.Time `json:"till,omitempty"`
	Missing int        `json:"missing"`
}

// GapsOf is a report with its times in zone, of those of its lines that are
// wanted.
func GapsOf(found gaps.Report, zone *time.Location, wanted func(gaps.Line) bool) *Gaps {
	report := &Gaps{From: found.From.In(zone), Till: found.Till.In(zone), Alive: clock.In(found.Alive, zone), Series: []Missing{}}
	for _, l := range found.Lines {
		if !wanted(l) {
			continue
		}
		report.Due += l.Due
		report.Missing += l.Missing
		s := Missing{
			Device: l.Device, Channel: l.Channel, Name: l.Name, Label: l.Label, Schedule: l.Every, Due: l.Due, Missing: l.Missing,
			Text: l.Text(zone), Gaps: []Gap{},
		}
		for _, g := range l.Gaps {
			gap := Gap{g.From.In(zone), g.Last.In(zone), clock.In(g.Till, zone), g.Missing, []GapReason{}}
			for _, r := range g.Reasons {
				gap.Reasons = append(gap.Reasons, GapReason{r.Why, r.From.In(zone), clock.In(r.Till, zone), r.Missing})
			}
			s.Gaps = append(s.Gaps, gap)
		}
		report.Series = append(report.Series, s)
	}
	return report
}

// mostDays bounds the days of a report.
const mostDays = 366

// archiveGaps is GET /api/archive/gaps: of the last day, or so many days.
func archiveGaps(a *API, w http.ResponseWriter, r *http.Request) error {
	values, err := query(r, "days", "device", "channel", "label")
	if err != nil {
		return err
	}
	days := 1
	q := gaps.Query{Device: values.Get("device"), Label: values.Get("label")}
	if err = number(values, "days", &days); err == nil {
		err = number(values, "channel", &q.Channel)
	}
	if err != nil {
		return err
	}
	if days < 1 || days > mostDays {
		return badRequest("days=%d: it is a number from 1 to %d", days, mostDays)
	}
	q.From = a.conf.Host.Status().Now.AddDate(0, 0, -days)
	found, err := a.conf.Host.GapReport(q)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, GapsOf(found, a.conf.Host.Zone(), func(gaps.Line) bool { return true }))
	return nil
}
