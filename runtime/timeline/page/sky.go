package page

import (
	"slices"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// offset is how a zone's clocks stand from a moment on.
type offset struct {
	From    int64  `json:"from"`    // milliseconds after the begin of the span
	Seconds int    `json:"seconds"` // ahead of UTC
	Name    string `json:"name"`    // CET, or +0545
}

// offsets are those of the zone over the span; the first is at its begin.
func offsets(t *timeline.Timeline) []offset {
	var all []offset
	for at := t.From.In(t.Zone); ; {
		name, seconds := at.Zone()
		all = append(all, offset{at.Sub(t.From).Milliseconds(), seconds, name})
		_, end := at.ZoneBounds()
		if end.IsZero() || !end.Before(t.To) {
			return all
		}
		at = end
	}
}

// nights are the stretches of the span without sun, in milliseconds after its
// begin. Without a place there are none.
func nights(t *timeline.Timeline) [][2]int64 {
	if t.Place == nil {
		return nil
	}
	type turn struct {
		at     time.Time
		dark   bool
		always bool // on this date the sun neither rises nor sets
	}
	var turns []turn
	place := schedule.Place{Lat: t.Place.Latitude, Lon: t.Place.Longitude}
	for day := t.From.In(t.Zone).AddDate(0, 0, -2); day.Before(t.To.AddDate(0, 0, 2)); day = day.AddDate(0, 0, 1) {
		sun := schedule.Sun(day, place, t.Zone)
		if !sun.Rise.IsZero() {
			turns = append(turns, turn{at: sun.Rise})
		}
		if !sun.Set.IsZero() {
			turns = append(turns, turn{at: sun.Set, dark: true})
		}
		if sun.AlwaysUp || sun.AlwaysDown {
			midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, t.Zone)
			turns = append(turns, turn{midnight, sun.AlwaysDown, true})
		}
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return a.at.Compare(b.at) })
	span := t.To.Sub(t.From).Milliseconds()
	var all [][2]int64
	for i, from := range turns {
		until := span
		if i+1 < len(turns) {
			next := turns[i+1]
			if next.always && !next.dark {
				continue // the last set before the polar day: the sun dips, and has no rise
			}
			until = next.at.Sub(t.From).Milliseconds()
		}
		start, end := max(from.at.Sub(t.From).Milliseconds(), 0), min(until, span)
		if !from.dark || start >= end {
			continue
		}
		if n := len(all); n > 0 && all[n-1][1] == start {
			all[n-1][1] = end
		} else {
			all = append(all, [2]int64{start, end})
		}
	}
	return all
}
