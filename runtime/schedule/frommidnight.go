package schedule

import (
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// FromMidnight runs at each local midnight and at whole intervals of elapsed
// time from there on: 15m is at :00, :15, :30 and :45. It has no phase to lose.
// On a day of 23 or 25 hours the last runs fall away, or there are more.
type FromMidnight struct {
	interval time.Duration
	zone     *time.Location
}

var _ explained = (*FromMidnight)(nil)

// NewFromMidnight makes a schedule; the interval is at most a day.
func NewFromMidnight(interval time.Duration, zone *time.Location) (*FromMidnight, error) {
	if interval < MinInterval || interval > 24*time.Hour {
		return nil, &SpecError{Spec: interval.String(), Message: "an interval from midnight on is " + MinInterval.String() + " to 24h"}
	}
	return &FromMidnight{interval, zone}, nil
}

// Next is the first run after a time.
func (m *FromMidnight) Next(after time.Time) time.Time {
	after = after.Round(0)
	date := dateOf(after, m.zone)
	begin, _ := instant(date, m.zone)
	if begin.After(after) { // a midnight that the clock skips
		return begin
	}
	next := begin.Add((after.Sub(begin)/m.interval + 1) * m.interval)
	for n := 1; n <= 2; n++ { // Samoa had no 2011-12-30
		end, _ := instant(date.AddDate(0, 0, n), m.zone)
		if end.After(after) {
			if next.Before(end) {
				return next.In(m.zone)
			}
			return end
		}
	}
	return next.In(m.zone)
}

func (m *FromMidnight) next(after time.Time) Run { return Run{Time: m.Next(after)} }

func (m *FromMidnight) never(time.Time) string { return "it never runs again" }

// String is "every 15m from midnight".
func (m *FromMidnight) String() string {
	return "every " + clock.FormatDuration(m.interval) + " from midnight"
}
