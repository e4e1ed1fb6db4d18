package schedule

import "time"

// A wall time is what a clock on the wall shows. It is held as a time.Time in
// UTC, so that dates can be counted without any zone in the way.

// maxFold is more than any zone ever put its clock back or forward.
const maxFold = 26 * time.Hour

// wallOf is what the clock shows at t.
func wallOf(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	u := t.UTC()
	return time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second()+offset, u.Nanosecond(), time.UTC)
}

// dateOf is midnight of the date that t falls on, as a wall time.
func dateOf(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// happening says what the zone does with a wall time.
type happening int

const (
	shown   happening = iota // once
	skipped                  // the clock jumps over it
	doubled                  // it comes twice
)

// zoneBounds is ZoneBounds with an end that lies after t. Go ends the last period
// of a year that it reckons by rule (2038 on) after 365 days: on the 366th day of
// a leap year that is now. Such a bound without a change does no harm.
func zoneBounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Add(maxFold)
	}
	return start, end
}

// instant is the first instant at which the clock shows wall or a later time:
// for a skipped time the end of the gap, for a doubled one the first pass.
// It never decreases as wall grows.
func instant(wall time.Time, zone *time.Location) (time.Time, happening) {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	start, end := zoneBounds(t)
	quietBefore := start.IsZero() || t.Sub(start) > maxFold
	if quietBefore && (end.IsZero() || end.Sub(t) > maxFold) {
		return t, shown
	}
	return instantByZone(wall, zone)
}

// instantByZone walks the periods of one offset around wall.
func instantByZone(wall time.Time, zone *time.Location) (time.Time, happening) {
	at := wall.Add(-maxFold).In(zone)
	for {
		_, offset := at.Zone()
		start, end := zoneBounds(at)
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		switch {
		case !start.IsZero() && t.Before(start):
			return start, skipped
		case end.IsZero() || t.Before(end):
			if !end.IsZero() && shownAgain(wall, t, end) {
				return t, doubled
			}
			return t, shown
		}
		at = end
	}
}

// shownAgain reports whether a time shown at first comes again after a change.
func shownAgain(wall, first, change time.Time) bool {
	if change.Sub(first) > maxFold {
		return false
	}
	_, offset := change.Zone()
	return !wall.Add(-time.Duration(offset) * time.Second).Before(change)
}

// exists reports whether the zone has that date; Samoa had no 2011-12-30.
func exists(date time.Time, zone *time.Location) bool {
	t, _ := instant(date, zone)
	return dateOf(t, zone).Equal(date)
}

func noteOf(what happening, wall, t time.Time) string {
	switch what {
	case skipped:
		return "skipped hour: " + clockText(wall) + " runs at " + clockText(t)
	case doubled:
		return "hour doubled: first pass"
	}
	return ""
}

func clockText(t time.Time) string {
	if t.Second() != 0 {
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}
