package runtime

import (
	"cmp"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
)

// plan makes the schedule of a job, or says what is wrong with its words.
// began is when the job went live: every and after count from there.
func (s *script) plan(spec luaapi.JobSpec, began time.Time) (schedule.Schedule, error) {
	zone := s.site.Timezone
	if spec.Timezone != "" {
		var err error
		if zone, err = schedule.Zone(spec.Timezone); err != nil {
			return nil, fmt.Errorf("timezone %w", err)
		}
	}
	plan, err := s.basicPlan(spec, began, zone)
	if err != nil {
		return nil, err
	}
	if spec.Days == "" && spec.Between == "" {
		return plan, nil
	}
	filter, err := schedule.ParseFilter(spec.Days, spec.Between, zone, s.place())
	if err != nil {
		return nil, err
	}
	return schedule.Restrict(plan, filter), nil
}

func (s *script) basicPlan(spec luaapi.JobSpec, began time.Time, zone *time.Location) (schedule.Schedule, error) {
	switch spec.Kind {
	case "cron":
		return schedule.ParseCron(spec.When, zone)
	case "every":
		every, err := schedule.NewEvery(spec.Interval, began)
		if err != nil {
			return nil, err
		}
		every.Words = spec.When
		return every, nil
	case "at":
		return schedule.ParseAt(spec.When, zone, s.place())
	case "on":
		return onEvent{spec.When}, nil
	case "after":
		return after{began.Add(spec.Interval), cmp.Or(spec.When, clock.FormatDuration(spec.Interval))}, nil
	}
	return nil, fmt.Errorf("unknown kind of job %q", spec.Kind)
}

func (s *script) place() *schedule.Place {
	if s.site.Location == nil {
		return nil
	}
	return &schedule.Place{Lat: s.site.Location.Lat, Lon: s.site.Location.Lon}
}

// after is a single run some time after the job went live.
type after struct {
	at    time.Time
	delay string // as it was written
}

func (a after) Next(t time.Time) time.Time {
	if a.at.After(t) {
		return a.at
	}
	return time.Time{}
}

func (a after) String() string { return "after " + a.delay }
