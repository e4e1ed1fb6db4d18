package schedule

import (
	"fmt"
	"time"
)

// Filter restricts runs to days of the week and to a window of the day. The
// day is that of the run itself: with "mon-fri" and "22:00-06:00" Monday 03:00
// runs, Saturday 03:00 does not.
type Filter struct {
	Days    Days
	Between *Between // nil: always
	Zone    *time.Location
}

// ParseFilter reads the options days and between; empty ones do not restrict.
func ParseFilter(days, between string, zone *time.Location, place *Place) (Filter, error) {
	f := Filter{Zone: zone}
	var err error
	if days != "" {
		if f.Days, err = ParseDays(days); err != nil {
			return Filter{}, err
		}
	}
	if between != "" {
		if f.Between, err = ParseBetween(between, zone, place); err != nil {
			return Filter{}, err
		}
	}
	return f, nil
}

// Match reports whether the filter lets a time through. Event handlers ask it.
func (f Filter) Match(t time.Time) bool {
	return f.Days.Has(t.In(f.Zone).Weekday()) && (f.Between == nil || f.Between.Contains(t))
}

// open is t if the filter lets it through, else a later instant before which
// there is none; zero if there is none at all.
func (f Filter) open(t time.Time) time.Time {
	if !f.Days.Has(t.In(f.Zone).Weekday()) {
		date := dateOf(t, f.Zone)
		for range 14 { // two weeks: Samoa had no Friday in the last one of 2011
			date = date.AddDate(0, 0, 1)
			if begin, _ := instant(date, f.Zone); begin.After(t) && f.Days.Has(begin.In(f.Zone).Weekday()) {
				return begin
			}
		}
		return time.Time{}
	}
	if f.Between == nil {
		return t
	}
	return f.Between.next(t)
}

// Filtered is a schedule of which a filter lets only some runs through.
type Filtered struct {
	Schedule
	Filter Filter
}

var _ explained = (*Filtered)(nil)

// Restrict puts a filter before a schedule; one that lets everything through
// leaves it as it is.
func Restrict(s Schedule, f Filter) Schedule {
	if f.Days.All() && f.Between == nil {
		return s
	}
	return &Filtered{s, f}
}

// maxRefused bounds the search: three years of daily runs that do not fit.
const maxRefused = 1200

// Next is the first run after a time that the filter lets through.
func (f *Filtered) Next(after time.Time) time.Time { return f.next(after).Time }

func (f *Filtered) next(after time.Time) Run {
	for range maxRefused {
		run := nextRun(f.Schedule, after)
		if run.Time.IsZero() {
			return Run{}
		}
		open := f.Filter.open(run.Time)
		switch {
		case open.IsZero():
			return Run{}
		case open.Equal(run.Time):
			return run
		}
		// Next is a pure function: what lies before the opening can be left out.
		after = open.Add(-1)
	}
	return Run{}
}

func (f *Filtered) never(after time.Time) string {
	if inner := Never(f.Schedule, after); inner != "" {
		return inner
	}
	return fmt.Sprintf("%s never falls into %s", f.Schedule, f.Filter)
}

func (f *Filtered) leftOut(date time.Time) bool {
	if !f.Filter.Days.Has(date.Weekday()) {
		return false
	}
	switch inner := f.Schedule.(type) {
	case *Every, *FromMidnight, *AtSun: // of which the filter makes one that goes by dates
		return true
	case *Cron:
		return inner.onDate(date)
	}
	return leavesOut(f.Schedule, date)
}

// String names what the filter lets through.
func (f Filter) String() string {
	switch {
	case f.Between == nil:
		return f.Days.String()
	case f.Days.All():
		return f.Between.String()
	}
	return f.Days.String() + " " + f.Between.String()
}

// String is the schedule and what restricts it.
func (f *Filtered) String() string { return fmt.Sprintf("%s (%s)", f.Schedule, f.Filter) }
