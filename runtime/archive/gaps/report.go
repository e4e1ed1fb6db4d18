package gaps

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
)

// Line is what is missing of one channel and label in a span of time.
type Line struct {
	Device  string `json:"device"`
	Channel int    `json:"channel"`
	Name    string `json:"name,omitempty"`
	Label   string `json:"label,omitempty"`
	Every   string `json:"schedule"`
	Due     int    `json:"due"` // pictures; 0: the schedule is not in site.yaml any more
	Missing int    `json:"missing"`
	Gaps    []Gap  `json:"gaps"` // the oldest first; one that goes on has no end
}

// Text is the line for people: "12 of 96 missing: gate/yard offline 02:10-05:00".
// Where the gaps are of several days it tells which.
func (l *Line) Text(zone *time.Location) string {
	of := ""
	if l.Due > 0 {
		of = fmt.Sprintf(" of %d", l.Due)
	}
	if l.Missing == 0 {
		return fmt.Sprintf("0%s missing: %s", of, channelText(l.Device, l.Channel, l.Name))
	}
	parts := make([]string, 0, len(l.Gaps))
	day := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
	dated := len(l.Gaps) > 1 && day(l.Gaps[0].From) != day(l.Gaps[len(l.Gaps)-1].Last)
	for i := range l.Gaps {
		parts = append(parts, l.Gaps[i].text(zone, dated))
	}
	return fmt.Sprintf("%d%s missing: %s", l.Missing, of, strings.Join(parts, ", "))
}

// Query chooses what a report is about. A zero field chooses all.
type Query struct {
	Device  string
	Channel int
	Label   string
	From    time.Time // zero: a day before Till
	Till    time.Time // the moment after the last; zero: now
	// Cluster: what became due after the record ends is another host's to tell.
	Cluster bool
}

// Report is what is missing in a span of time.
type Report struct {
	From  time.Time `json:"from"`
	Till  time.Time `json:"till"`            // what was due later is not judged yet
	Alive time.Time `json:"alive,omitempty"` // a host was last seen; zero: never
	Lines []Line    `json:"lines"`           // of each series that was followed
}

// Plan is a schedule of site.yaml, for reports: the channels are on record.
type Plan struct {
	Label string
	Due   schedule.Schedule
}

// Stopped reports whether no host has followed the schedules here for so long that
// none does at a time.
func (r *Report) Stopped(now time.Time) bool {
	return !r.Alive.IsZero() && now.Sub(r.Alive) > stopped
}

// stopped is how long no host may have been seen for one to run.
const stopped = lookEvery + grace

// Read makes a report from the record in the site's data folder. plans are those
// of site.yaml as it is; now is the time. It needs no host.
func Read(data string, q Query, plans []Plan, now time.Time) (Report, error) {
	r := record{filepath.Join(data, FolderName)}
	st, _, err := r.load()
	if err != nil {
		return Report{}, err
	}
	if q.Till.IsZero() || q.Till.After(now) {
		q.Till = now
	}
	if q.From.IsZero() {
		q.From = q.Till.Add(-24 * time.Hour)
	}
	b := &builder{query: q, away: st.Away, lines: make(map[string]*Line), due: make(map[string]Series)}
	for key, f := range st.Series {
		i := slices.IndexFunc(plans, func(p Plan) bool { return p.Label == f.Of.Label && p.Due.String() == f.Of.Every })
		if i < 0 || !b.wants(f.Of.Device, f.Of.Channel, f.Of.Label) {
			continue
		}
		s := Series{f.Of.Device, f.Of.Channel, f.Of.Name, f.Of.Label, plans[i].Due}
		b.due[key] = s
		until := f.Next
		switch gone := now.Sub(st.Alive) > stopped; {
		case gone && q.Cluster && f.Gap != nil:
			f.Gap.end(latest(f.Gap.Last, st.Alive), time.Time{})
		case gone && !q.Cluster:
			until = b.down(s, f, st.Alive, now)
		}
		line := b.line(key, Gap{Device: s.Device, Channel: s.Channel, Name: s.Name, Label: s.Label, Every: s.Due.String()})
		line.Due = b.count(s, latest(f.Since.Add(1), q.From), earliest(until, q.Till))
	}
	if err := r.each(b.add); err != nil {
		return Report{}, err
	}
	for _, f := range st.Series {
		if f.Gap != nil {
			b.add(*f.Gap)
		}
	}
	return Report{From: q.From, Till: q.Till, Alive: st.Alive, Lines: b.sorted()}, nil
}

// builder collects the lines of a report.
type builder struct {
	query Query
	away  []span
	lines map[string]*Line
	due   map[string]Series
}

func (b *builder) wants(device string, channel int, label string) bool {
	q := b.query
	return (q.Device == "" || q.Device == device) && (q.Channel == 0 || q.Channel == channel) && (q.Label == "" || q.Label == label)
}

func (b *builder) line(key string, g Gap) *Line {
	if b.lines[key] == nil {
		b.lines[key] = &Line{Device: g.Device, Channel: g.Channel, Name: g.Name, Label: g.Label, Every: g.Every, Gaps: []Gap{}}
	}
	return b.lines[key]
}

// down adds what became due since no host runs, and returns until when that is
// counted.
func (b *builder) down(s Series, f *following, alive, now time.Time) time.Time {
	last := time.Time{}
	due := f.Next
	// A host that was killed may have lived on for so long: what it took then is
	// in the index, which is asked after the next start.
	if sure := alive.Add(lookEvery); due.Before(sure) {
		due = s.Due.Next(sure.Add(-1))
	}
	for ; !due.IsZero() && due.Before(now); due = s.Due.Next(due) {
		if f.Gap == nil {
			f.Gap = &Gap{Device: s.Device, Channel: s.Channel, Name: s.Name, Label: s.Label, Every: s.Due.String(), From: due}
		}
		f.Gap.add(due, Reason{Why: HostDown, From: alive})
		last = due
	}
	return latest(f.Next, latest(last.Add(1), f.Since))
}

// add takes a gap in, or the part of it that lies in the span.
func (b *builder) add(g Gap) {
	q := b.query
	if !b.wants(g.Device, g.Channel, g.Label) || g.Last.Before(q.From) || !g.From.Before(q.Till) {
		return
	}
	key := fmt.Sprintf("%s/%d/%s/%s", g.Device, g.Channel, g.Label, g.Every)
	if s, known := b.due[key]; known && (g.From.Before(q.From) || !g.Last.Before(q.Till)) {
		g.Missing = b.count(s, latest(g.From, q.From), earliest(g.Last.Add(1), q.Till))
		if g.Missing == 0 {
			return
		}
	}
	g.Reasons = slices.DeleteFunc(slices.Clone(g.Reasons), func(r Reason) bool {
		return !r.Till.IsZero() && r.Till.Before(q.From) || !r.From.Before(q.Till)
	})
	line := b.line(key, g)
	line.Missing += g.Missing
	line.Gaps = append(line.Gaps, g)
}

func (b *builder) sorted() []Line {
	all := make([]Line, 0, len(b.lines))
	for _, l := range b.lines {
		slices.SortFunc(l.Gaps, func(x, y Gap) int { return x.From.Compare(y.From) })
		all = append(all, *l)
	}
	slices.SortFunc(all, func(x, y Line) int {
		return cmp.Or(strings.Compare(x.Device, y.Device), x.Channel-y.Channel, strings.Compare(x.Label, y.Label), strings.Compare(x.Every, y.Every))
	})
	return all
}

// count is how many pictures of a series are due from a time on, before another, while
// no other host took them.
func (b *builder) count(s Series, from, till time.Time) int {
	n := 0
	for due := s.Due.Next(from.Add(-1)); !due.IsZero() && due.Before(till); due = s.Due.Next(due) {
		if _, elsewhere := away(b.away, due); !elsewhere {
			n++
		}
	}
	return n
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
