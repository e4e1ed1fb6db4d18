package schedule

import (
	"strings"
	"time"
)

// ParseAt reads when a job of hik.at runs, in a zone: "22:30" and "22:30:15" on
// each date, "sunset-15m" and "sunrise+1h" on each date that has one, and a
// date with a time ("2026-12-24 18:00", also in RFC 3339) once. place is only
// needed for the sun; nil if the site has none. The error is a *SpecError.
func ParseAt(spec string, zone *time.Location, place *Place) (Schedule, error) {
	text := strings.TrimSpace(spec)
	if len(text) >= 8 && strings.Count(text, "-") >= 2 && strings.Trim(text[:4], "0123456789") == "" {
		return parseOnce(spec, text, zone)
	}
	m, problem := parseMoment(text)
	if problem != "" {
		return nil, &SpecError{Spec: spec, Message: problem}
	}
	if !m.isSun() {
		if m.clock >= 24*time.Hour {
			return nil, &SpecError{Spec: spec, Message: "midnight is 00:00 of the day that begins"}
		}
		return &Daily{spec: text, at: m.clock, zone: zone}, nil
	}
	if place == nil {
		return nil, &SpecError{Spec: spec, Message: `needs the site's place: "location: {lat: 52.52, lon: 13.40}" in site.yaml`}
	}
	return &AtSun{spec: text, moment: m, zone: zone, place: *place}, nil
}

// Daily runs at a clock time, once on each date of its zone.
type Daily struct {
	spec string
	at   time.Duration // since midnight, by the wall clock
	zone *time.Location
}

var _ explained = (*Daily)(nil)

// Next is the first run after a time.
func (d *Daily) Next(after time.Time) time.Time { return d.next(after).Time }

func (d *Daily) next(after time.Time) Run {
	after = after.Round(0)
	for n := -1; n <= 3; n++ {
		date := dateOf(after, d.zone).AddDate(0, 0, n)
		wall := date.Add(d.at)
		if t, what := instant(wall, d.zone); t.After(after) && exists(date, d.zone) {
			return Run{t, noteOf(what, wall, t)}
		}
	}
	return Run{}
}

func (d *Daily) never(time.Time) string { return "it never runs again" }

func (d *Daily) leftOut(time.Time) bool { return true }

func (d *Daily) String() string { return d.spec }

// Once runs at one instant.
type Once struct {
	spec string
	run  Run
}

var _ explained = (*Once)(nil)

// onceForms are tried in this order; the first is the one that is shown.
var onceForms = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

func parseOnce(spec, text string, zone *time.Location) (Schedule, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return &Once{text, Run{Time: t.In(zone)}}, nil
	}
	for _, form := range onceForms {
		if wall, err := time.Parse(form, text); err == nil {
			t, what := instant(wall, zone)
			return &Once{text, Run{t, noteOf(what, wall, t)}}, nil
		}
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return nil, &SpecError{Spec: spec, Message: `the time is missing (such as "` + text + ` 18:00")`}
	}
	return nil, &SpecError{Spec: spec, Message: `there is no such date and time (such as "2026-12-24 18:00")`}
}

// OnceAt runs at t.
func OnceAt(t time.Time) *Once { return &Once{t.Format(time.RFC3339), Run{Time: t}} }

// Next is the instant itself, or zero once it is past.
func (o *Once) Next(after time.Time) time.Time { return o.next(after).Time }

func (o *Once) next(after time.Time) Run {
	if o.run.Time.After(after) {
		return o.run
	}
	return Run{}
}

func (o *Once) never(time.Time) string { return o.spec + " is past" }

func (o *Once) String() string { return o.spec }

// AtSun runs at sunrise or sunset, or a fixed time from it.
type AtSun struct {
	spec   string
	moment moment
	zone   *time.Location
	place  Place
}

var _ explained = (*AtSun)(nil)

// sunDays is how far ahead a sunrise or sunset is looked for: at any latitude
// where there is one at all there is one within a year.
const sunDays = 370

// Next is the first run after a time; dates without that sun time are left out.
func (a *AtSun) Next(after time.Time) time.Time { return a.next(after).Time }

// next goes through the solar days, not the dates: where the sun sets around
// midnight, one date can have two sunsets and the next one none.
func (a *AtSun) next(after time.Time) Run {
	after = after.Round(0)
	today := dateOf(after, a.zone)
	due := today // the first date that a run is missed on, if there is no event
	start := dateOf(after.Add(-a.moment.offset), time.UTC)
	for n := -3; n <= sunDays; n++ {
		d := solarDayOf(start.AddDate(0, 0, n), a.place)
		event := d.set
		if a.moment.kind == sunriseTime {
			event = d.rise
		}
		t, ok := event()
		if !ok {
			continue
		}
		date := dateOf(t, a.zone)
		if run := t.Add(a.moment.offset); run.After(after) {
			return Run{run.In(a.zone), a.missed(due, date)}
		}
		if next := date.AddDate(0, 0, 1); next.After(due) {
			due = next
		}
	}
	return Run{}
}

// missed tells which dates from one up to another had no run.
func (a *AtSun) missed(from, to time.Time) string {
	for from.Before(to) && !exists(from, a.zone) {
		from = from.AddDate(0, 0, 1)
	}
	if !from.Before(to) {
		return ""
	}
	note := "no " + a.moment.word() + " on " + from.Format(time.DateOnly)
	if last := to.AddDate(0, 0, -1); last.After(from) {
		note += " to " + last.Format(time.DateOnly)
	}
	return note
}

func (a *AtSun) never(time.Time) string {
	return "there is no " + a.moment.word() + " at that place within a year"
}

func (a *AtSun) String() string { return a.spec }
