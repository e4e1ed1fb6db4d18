package clock

import (
	"fmt"
	"strings"
	"time"
)

// timeLayouts are the forms of a time without a zone.
var timeLayouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02",
}

// ParseTime reads a time as flags and scripts have it: "2026-03-28",
// "2026-03-28 01:30", or of RFC 3339 with its zone. One without a zone is in
// the given one: of a time that clocks show twice the first pass is meant, and one
// that they leave out is the end of the gap, as for jobs.
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range timeLayouts {
		if wall, err := time.Parse(layout, text); err == nil {
			return shownAs(wall, zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", text)
}

// shownAs is when the clocks of a zone show what wall does in UTC.
func shownAs(wall time.Time, zone *time.Location) time.Time {
	in := func(zone *time.Location, t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	}
	t := in(zone, wall)
	start, end := t.ZoneBounds()
	switch shown := in(time.UTC, t); {
	case shown.After(wall):
		return start
	case shown.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	_, now := t.Zone()
	_, before := start.Add(-1).Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); before > now && first.Before(start) {
		return first
	}
	return t
}
