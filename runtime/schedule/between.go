package schedule

import (
	"strings"
	"time"
)

// Between is a window of the day in a zone. Its end does not belong to it.
//
// Windows with clock times go over midnight when the end is not later than the
// begin. Those with the sun belong to one night or day: "sunset-sunrise" is the
// night that follows a date, "sunset-23:00" is empty where the sun sets later
// than that, "22:00-sunrise" ends at the next morning's. Where the sun does not
// rise, sunrise and sunset count as noon, where it does not set as midnight.
type Between struct {
	spec     string
	from, to moment
	days     int // from the date of the begin to that of the end
	zone     *time.Location
	place    Place
}

// ParseBetween reads "22:00-06:00", "sunset-sunrise", "sunset+30m-23:00". place
// is only needed for the sun. The error is a *SpecError.
func ParseBetween(text string, zone *time.Location, place *Place) (*Between, error) {
	fail := func(problem string) (*Between, error) {
		return nil, &SpecError{Spec: text, Field: "between", Message: problem}
	}
	b := &Between{spec: strings.TrimSpace(text), zone: zone}
	from, to, problem := splitWindow(text)
	if problem != "" {
		return fail(problem)
	}
	b.from, b.to = from, to
	if b.from.clock == 24*time.Hour && !b.from.isSun() {
		return fail("a window begins at 00:00, not at 24:00")
	}
	if b.from == b.to {
		return fail("begin and end are the same: the window is empty")
	}
	if b.from.isSun() || b.to.isSun() {
		if place == nil {
			return fail(`needs the site's place: "location: {lat: 52.52, lon: 13.40}" in site.yaml`)
		}
		b.place = *place
	}
	b.days = b.daysToEnd()
	return b, nil
}

// splitWindow tries every "-": an offset has one too.
func splitWindow(text string) (from, to moment, problem string) {
	for i, c := range text {
		if c != '-' {
			continue
		}
		begin, one := parseMoment(text[:i])
		end, two := parseMoment(text[i+1:])
		if one == "" && two == "" {
			return begin, end, ""
		}
		if problem == "" {
			if problem = one; problem == "" {
				problem = two
			}
		}
	}
	if problem == "" || strings.Count(text, "-") > 1 {
		problem = `is not a window (such as "22:00-06:00", "sunset-sunrise")`
	}
	return from, to, problem
}

func (b *Between) daysToEnd() int {
	const noon = 12 * time.Hour
	next := false
	switch from, to := b.from, b.to; {
	case from.kind == to.kind:
		next = to.clock+to.offset <= from.clock+from.offset
	case from.kind == sunsetTime && to.kind == sunriseTime:
		next = true
	case from.kind == sunsetTime:
		next = to.clock < noon
	case to.kind == sunriseTime:
		next = from.clock >= noon
	}
	if next {
		return 1
	}
	return 0
}

// Contains reports whether t lies in the window.
func (b *Between) Contains(t time.Time) bool {
	begin := b.next(t)
	return !begin.IsZero() && !begin.After(t)
}

// next is t if it lies in the window, else the window's next begin; zero if
// there is none within a year.
func (b *Between) next(t time.Time) time.Time {
	date := dateOf(t, b.zone).AddDate(0, 0, -2)
	for range sunDays {
		begin, end := b.window(date)
		if end.After(t) && end.After(begin) {
			if begin.After(t) {
				return begin
			}
			return t
		}
		date = date.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// window is the one that begins on a date.
func (b *Between) window(date time.Time) (begin, end time.Time) {
	return b.moment(b.from, date), b.moment(b.to, date.AddDate(0, 0, b.days))
}

func (b *Between) moment(m moment, date time.Time) time.Time {
	if !m.isSun() {
		t, _ := instant(date.Add(m.clock), b.zone)
		return t
	}
	// The solar day of a local date is the one whose noon falls on it.
	n := 1
	d := solarDayOf(date.AddDate(0, 0, n), b.place)
	for ; n > -1 && !wallOf(d.noon, b.zone).Before(date.AddDate(0, 0, 1)); n-- {
		d = solarDayOf(date.AddDate(0, 0, n-1), b.place)
	}
	return d.turn(m.kind, date.AddDate(0, 0, n)).Add(m.offset)
}

// turn is the rise or set of a solar day, and where there is none noon (the sun
// stays down) or the midnight between two noons (it stays up).
func (d solarDay) turn(kind momentKind, date time.Time) time.Time {
	event, neighbour := d.set, 1
	if kind == sunriseTime {
		event, neighbour = d.rise, -1
	}
	switch t, ok := event(); {
	case ok:
		return t
	case d.state == alwaysDown:
		return d.noon
	}
	return middle(d.noon, solarDayOf(date.AddDate(0, 0, neighbour), d.place).noon)
}

func middle(a, b time.Time) time.Time { return a.Add(b.Sub(a) / 2) }

// String is the window as it was written.
func (b *Between) String() string { return b.spec }
