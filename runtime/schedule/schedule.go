package schedule

import (
	"fmt"
	"time"
)

// Schedule tells when a job is due.
type Schedule interface {
	// Next is the first run after a time; the zero time if there is none.
	Next(after time.Time) time.Time
	// String is what was asked for, for people.
	String() string
}

// Run is one run of a job.
type Run struct {
	Time time.Time
	Note string // what a clock change or the sun does to it; mostly empty
}

// explained is a schedule of this package: it can say why.
type explained interface {
	Schedule
	next(after time.Time) Run
	// never says why nothing is left after a time.
	never(after time.Time) string
}

// Preview lists the next n runs after from, fewer if there are no more.
func Preview(s Schedule, from time.Time, n int) []Run {
	var runs []Run
	for range n {
		run := nextRun(s, from)
		if run.Time.IsZero() {
			break
		}
		runs = append(runs, run)
		from = run.Time
	}
	return runs
}

func nextRun(s Schedule, after time.Time) Run {
	if e, ok := s.(explained); ok {
		return e.next(after)
	}
	return Run{Time: s.Next(after)}
}

// Never says in a few words why s has no run after a time ("2026-12-24 18:00 is
// past"); "" if it has one.
func Never(s Schedule, after time.Time) string {
	if !s.Next(after).IsZero() {
		return ""
	}
	if e, ok := s.(explained); ok {
		return e.never(after)
	}
	return "it never runs again"
}

// LeftOut lists the runs that s has not between two times, because they are on a
// date that the zone has left out: Samoa went from 2011-12-29 to 2011-12-31. Time
// is when that happens, Note the date.
func LeftOut(s Schedule, zone *time.Location, from, to time.Time) (runs []Run) {
	for date := dateOf(from, zone); date.Before(dateOf(to, zone)); date = date.AddDate(0, 0, 1) {
		if t, _ := instant(date, zone); !exists(date, zone) && !t.Before(from) && t.Before(to) && leavesOut(s, date) {
			runs = append(runs, Run{t, date.Format(time.DateOnly)})
		}
	}
	return runs
}

// leavesOut reports whether s has a run on a date, if there were that date.
func leavesOut(s Schedule, date time.Time) bool {
	d, ok := s.(interface{ leftOut(date time.Time) bool })
	return ok && d.leftOut(date)
}

// ZoneOf is the zone that the times of s are in: that of a cron line which begins
// with CRON_TZ=, else the job's.
func ZoneOf(s Schedule, job *time.Location) *time.Location {
	switch s := s.(type) {
	case *Filtered:
		return ZoneOf(s.Schedule, job)
	case *Cron:
		return s.zone
	}
	return job
}

// Zone finds the zone of a job's timezone option. The error is a *SpecError.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, &SpecError{Spec: name, Message: "unknown zone (such as Europe/Berlin)"}
	}
	return zone, nil
}

// SpecError says what is wrong with the text of a schedule, in one line.
type SpecError struct {
	Spec    string // as it was given
	Field   string // the part that is wrong, such as "minute"; empty: the whole
	Message string
}

func (e *SpecError) Error() string {
	spec := []rune(e.Spec)
	if len(spec) > 60 {
		spec = append(spec[:57], []rune("...")...)
	}
	if e.Field == "" {
		return fmt.Sprintf("%q: %s", string(spec), e.Message)
	}
	return fmt.Sprintf("%q: %s: %s", string(spec), e.Field, e.Message)
}
