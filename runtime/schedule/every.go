package schedule

import (
	"cmp"
	"math"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Every runs at a fixed interval of elapsed time. It has no drift: runs are the
// anchor and whole intervals from it, in both directions.
type Every struct {
	Words string // the interval as it was written; empty: it was a number

	interval time.Duration
	anchor   time.Time
}

var _ explained = (*Every)(nil)

// MinInterval is the shortest interval of Every.
const MinInterval = 10 * time.Millisecond

// NewEvery makes a schedule whose first run is one interval after anchor: the
// instant at which the job went live, or an older one to keep its phase.
func NewEvery(interval time.Duration, anchor time.Time) (*Every, error) {
	if interval < MinInterval {
		return nil, &SpecError{Spec: interval.String(), Message: "an interval is at least " + MinInterval.String()}
	}
	return &Every{interval: interval, anchor: anchor.Round(0)}, nil
}

// Next counts intervals; it is zero when after is centuries from the anchor.
func (e *Every) Next(after time.Time) time.Time {
	since := after.Round(0).Sub(e.anchor)
	if since == math.MaxInt64 || since == math.MinInt64 {
		return time.Time{}
	}
	past := since % e.interval
	if past < 0 {
		past += e.interval
	}
	return after.Round(0).Add(e.interval - past)
}

func (e *Every) next(after time.Time) Run { return Run{Time: e.Next(after)} }

func (e *Every) never(time.Time) string { return "the time is centuries away" }

// String is the schedule in the words of who wrote it: "every 90s".
func (e *Every) String() string {
	return "every " + cmp.Or(e.Words, clock.FormatDuration(e.interval))
}
