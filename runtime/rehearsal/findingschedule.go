package rehearsal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// manyRuns is how many runs of a day are looked at: for a job that runs more
// often than that no clock change matters.
const manyRuns = 100

// endSchedules tells of jobs that do not run in the span, and of those that a
// clock change or a day without sunset touches; once are those of a date that
// have had their run.
func (f *finder) endSchedules(plans, once []runtime.JobPlan) {
	for _, p := range once {
		f.clockChanges(p)
	}
	for _, p := range plans {
		switch p.Kind {
		case "cron", "every", "at":
			if !f.neverRuns(p) {
				f.daysWithoutSun(p)
			}
			if p.Kind != "every" || isFiltered(p) { // else it follows elapsed time
				f.clockChanges(p)
			}
		}
	}
}

// runOnce lists the jobs with a date that have had their run, and are gone.
func (f *finder) runOnce(plans []runtime.JobPlan) []runtime.JobPlan {
	left := make(map[jobKey]bool)
	for _, p := range plans {
		left[jobKey{p.Script, p.Job}] = true
	}
	return slices.DeleteFunc(f.loaded, func(p runtime.JobPlan) bool {
		j := f.runs.jobs[jobKey{p.Script, p.Job}]
		return p.Kind != "at" || left[jobKey{p.Script, p.Job}] || j == nil || j.begun == 0
	})
}

func isFiltered(p runtime.JobPlan) bool {
	_, ok := p.Schedule.(*schedule.Filtered)
	return ok
}

// neverRuns tells of a job without a run in the span.
func (f *finder) neverRuns(p runtime.JobPlan) bool {
	j := f.runs.jobs[jobKey{p.Script, p.Job}]
	if p.Runs > 0 || j != nil && j.begun+j.left > 0 || f.inSpan(p.Next) {
		return false
	}
	if p.Kind != "every" && f.inSpan(p.Schedule.Next(f.from)) {
		return false // it was registered later
	}
	one := timeline.Finding{Kind: neverRuns, Time: f.from, Script: p.Script, Job: p.Job}
	begin := f.from
	if p.Kind == "every" { // it counts from when it went live, forwards and back
		begin = f.to.Add(-1)
	}
	runs := schedule.Preview(p.Schedule, begin, 1)
	switch {
	case len(runs) == 0:
		one.Text = fmt.Sprintf("%s never runs: %s", title(p), schedule.Never(p.Schedule, f.to))
		one.Remedy = "give it a time that comes, or take it out"
	case strings.HasPrefix(runs[0].Note, "no "):
		one.Text = fmt.Sprintf("%s does not run in this span: %s; next %s", title(p), runs[0].Note, moment(runs[0].Time, p.Zone))
		one.Remedy = `give those days a time of the clock, such as hik.at("21:00")`
	default:
		one.Text = fmt.Sprintf("%s does not run in this span; next %s", title(p), moment(runs[0].Time, p.Zone))
		one.Remedy = "if it should, look at its time, days and between; to see it run, rehearse a span that has that time (--from, --for)"
	}
	f.note("", one)
	return true
}

func (f *finder) inSpan(t time.Time) bool { return !t.IsZero() && t.Before(f.to) }

// daysWithoutSun tells of days of the span that have no sunrise or sunset.
func (f *finder) daysWithoutSun(p runtime.JobPlan) {
	if p.Kind != "at" {
		return
	}
	for at := f.from; ; {
		runs := schedule.Preview(p.Schedule, at, 1)
		if len(runs) == 0 || !f.inSpan(runs[0].Time) {
			return
		}
		if at = runs[0].Time; strings.HasPrefix(runs[0].Note, "no ") {
			f.note("", timeline.Finding{
				Kind: neverRuns, Time: f.from, Script: p.Script, Job: p.Job,
				Text:   fmt.Sprintf("%s does not run on some days: %s", title(p), runs[0].Note),
				Remedy: `give those days a time of the clock, such as hik.at("21:00")`,
			})
		}
	}
}

// clockChanges tells what the days on which the clock changes do to a job that
// runs by the clock.
func (f *finder) clockChanges(p runtime.JobPlan) {
	for _, r := range schedule.LeftOut(p.Schedule, p.Zone, f.from, f.to) {
		f.note(r.Note, timeline.Finding{
			Kind: clockChange, Time: r.Time, Script: p.Script, Job: p.Job,
			Text:   fmt.Sprintf("%s does not run on %s: %v has left out that date", title(p), r.Note, p.Zone),
			Remedy: "nothing, if the days before and after will do; else run it by hand: hiklua job",
		})
	}
	for midnight := dayOf(f.from, p.Zone, 0); midnight.Before(f.to); midnight = dayOf(midnight, p.Zone, 1) {
		end := dayOf(midnight, p.Zone, 1)
		if offset(midnight.Add(-1), p.Zone) == offset(end.Add(-1), p.Zone) {
			continue
		}
		day := f.runsOf(p, midnight)
		before, after := f.runsOf(p, dayOf(midnight, p.Zone, -7)), f.runsOf(p, dayOf(midnight, p.Zone, 7))
		usual := min(len(before), len(after))
		if max(len(day), len(before), len(after)) >= manyRuns {
			continue
		}
		one := timeline.Finding{Kind: clockChange, Time: midnight, Script: p.Script, Job: p.Job}
		date := midnight.In(p.Zone).Format(time.DateOnly)
		moved := ""
		for _, r := range day {
			if strings.HasPrefix(r.Note, "skipped hour: ") {
				moved, one.Time = strings.TrimPrefix(r.Note, "skipped hour: "), r.Time
			}
		}
		switch {
		case usual == 0 && moved == "": // one that does not run on that day of the week, or only once
			continue
		case len(day) == 0:
			one.Text = fmt.Sprintf("%s does not run on %s: the clock jumps over its hours", title(p), date)
			one.Remedy = "give it hours that each day has: at the change clocks jump over 02:00 to 03:00 in most of Europe and America"
		case usual > 0 && len(day) >= 2*max(len(before), len(after)):
			one.Time = day[0].Time
			one.Text = fmt.Sprintf("%s runs %s on %s instead of %s: its hours come twice", title(p), times(len(day)), date, times(usual))
			one.Remedy = `give it hours that come once on each day, or hik.at with a time of the clock, which runs once`
		case moved != "" && len(day) < usual:
			one.Text = fmt.Sprintf("%s runs %s on %s instead of %s: the clock jumps over an hour (%s)", title(p), times(len(day)), date, times(usual), moved)
			one.Remedy = "nothing, if one run in the place of several will do; else give it hours that each day has"
		case moved != "":
			one.Text = fmt.Sprintf("%s is moved on %s, since the clock jumps over its time: %s", title(p), date, moved)
			one.Remedy = "nothing, if that will do; else give it a time that each day has"
		default:
			continue
		}
		if one.Time.Before(f.from) {
			one.Time = f.from
		}
		f.note(date, one)
	}
}

// offset is how many seconds a zone is ahead of UTC at a time.
func offset(t time.Time, zone *time.Location) int {
	_, seconds := t.In(zone).Zone()
	return seconds
}

// runsOf lists the runs of a job on the date that begins at midnight.
func (f *finder) runsOf(p runtime.JobPlan, midnight time.Time) (day []schedule.Run) {
	end := dayOf(midnight, p.Zone, 1)
	for _, r := range schedule.Preview(p.Schedule, midnight.Add(-1), manyRuns) {
		if r.Time.Before(end) {
			day = append(day, r)
		}
	}
	return day
}

// dayOf is the begin of the date of t in a zone, or of one some days from it.
func dayOf(t time.Time, zone *time.Location, days int) time.Time {
	year, month, day := t.In(zone).Date()
	begin := time.Date(year, month, day+days, 0, 0, 0, 0, zone)
	for more := 1; days > 0 && !begin.After(t); more++ { // a date that the zone has left out
		begin = time.Date(year, month, day+days+more, 0, 0, 0, 0, zone)
	}
	return begin
}

// times is how often, for people.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}

// moment is a time as people are told it.
func moment(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Mon 2006-01-02 15:04")
}
