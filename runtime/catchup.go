package runtime

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
)

const (
	// lateGrace is how late a run may begin and still be the run of its time: a
	// busy machine, a clock that was set a little. Later it was missed.
	lateGrace = time.Minute
	// forgetBelow: the last runs of jobs that run more often than that, and
	// make up for nothing, are not worth the disk.
	forgetBelow = 10 * time.Second
	// rememberLimit bounds the wait for the disk to have that a run begins.
	rememberLimit = time.Second
)

// due is what a job's timer gives: the run of its time, late or not, or the
// one that is made up for those that were missed while the machine was asleep
// or before its clock was set. A clock time that was missed is not made up
// unless catch_up says so: a night tour is not for breakfast. What
// counts elapsed time runs late, once. Called with script.mu held.
func (j *job) due(now time.Time) (luaapi.Firing, bool) {
	f := luaapi.Firing{Name: j.name, Scheduled: j.next}
	late := now.Sub(j.next) - j.lag()
	if late <= lateGrace || j.spec.Kind == "after" {
		return f, true
	}
	if t := latestRun(j.plan, j.next, now); !t.IsZero() {
		f.Scheduled = t
	}
	late = now.Sub(f.Scheduled) - j.lag()
	if late <= lateGrace || late <= j.spec.CatchUp || j.spec.CatchUp == 0 && j.spec.Kind == "every" {
		return f, true
	}
	hint := `catch_up = "1h" makes up for runs that were missed by no more than that`
	if j.spec.CatchUp > 0 {
		hint = "it is longer ago than catch_up allows"
	}
	j.script.host.log.Warn("run missed: the machine was asleep, or its clock was set",
		keyScript, j.script.name, keyJob, j.name,
		"scheduled", f.Scheduled.In(j.script.site.Timezone).Format(time.DateTime), keyHint, hint)
	return f, false
}

// makeUp begins the run that was missed while the host was down, if there is
// one: the latest since the last that is on record, if it is not longer ago
// than catch_up. opened is when the host was. What was missed later was not
// missed by the host: the script was not there. It reports whether it began one.
// Called with script.mu held.
func (j *job) makeUp(opened, now time.Time) bool {
	s, reach := j.script, j.spec.CatchUp
	if j.runsOnce() {
		// No script was there for as long as the share had no holder.
		reach = max(reach, lateGrace)
		if s.host.takesOver(opened, now) {
			opened = now
		}
	}
	if reach <= 0 || !s.isFile() {
		return false
	}
	last, _ := s.host.store.LastRun(s.name, j.name)
	// A job that has not run yet can only have missed what came after it was
	// there for the first time.
	if seen, _ := s.host.store.LastRun(s.name, j.seen()); seen.After(last) {
		last = seen
	}
	s.host.store.SetLastRun(s.name, j.seen(), now)
	if last.IsZero() || opened.IsZero() {
		return false
	}
	plan := j.plan
	if j.spec.Kind == "every" && !s.host.inCluster() {
		var err error
		if plan, err = s.plan(j.spec, last); err != nil {
			return false
		}
	}
	after := now.Add(-reach - 1)
	if last.After(after) {
		after = last
	}
	missed := latestRun(plan, after, opened)
	if missed.IsZero() {
		return false
	}
	s.host.log.Info("run made up: it was missed while "+s.host.away(),
		keyScript, s.name, keyJob, j.name, "scheduled", missed.In(s.site.Timezone).Format(time.DateTime))
	j.begin(luaapi.Firing{Name: j.name, Scheduled: missed})
	return true
}

// seen is the name under which it is kept since when a job is there.
func (j *job) seen() string { return j.name + "\x00seen" }

// tooOften reports whether its runs are not worth the disk.
func (j *job) tooOften() bool {
	return j.spec.CatchUp == 0 && j.spec.Kind == "every" && j.spec.Interval < forgetBelow
}

// ran puts on record that a run was due and is dealt with.
func (j *job) ran(now time.Time) {
	s := j.script
	if !s.isFile() || j.tooOften() {
		return
	}
	s.host.store.SetLastRun(s.name, j.name, now)
}

// remember waits until the disk has what ran and noteBegin noted, before a run
// that would otherwise be made up after a crash as one that never began. The error
// says that a run of a cluster must not begin: another host could not know that it
// has.
func (j *job) remember() error {
	s := j.script
	if !s.isFile() {
		return nil
	}
	if j.runsOnce() {
		return s.noteInLog()
	}
	if j.spec.CatchUp > 0 {
		s.flush(s.ctx)
	}
	return nil
}

// flush waits a moment for the disk to have what was noted of runs. The store
// tells of a disk that does not take it, and the run goes on all the same.
func (s *script) flush(ctx context.Context) {
	ctx, cancel := clock.WithTimeout(s.host.clk, ctx, rememberLimit)
	defer cancel()
	_ = s.host.store.Flush(ctx)
}

// latestRun is the last run of a plan after one time, up to and including
// another; zero if there is none.
func latestRun(plan schedule.Schedule, after, until time.Time) time.Time {
	for window := time.Second; after.Before(until); window *= 2 {
		from := until.Add(-window)
		if window <= 0 || !from.After(after) {
			from = after
		}
		var latest time.Time
		for t := plan.Next(from); !t.IsZero() && !t.After(until); t = plan.Next(t) {
			latest = t
		}
		if !latest.IsZero() || from.Equal(after) {
			return latest
		}
	}
	return time.Time{}
}
