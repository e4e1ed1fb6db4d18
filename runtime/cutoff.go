package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/store"
)

// How a run ended.
const (
	OutcomeOK        = "ok"
	OutcomeFailed    = "failed"
	OutcomeCancelled = "cancelled" // by hand, by a reload, or by the end of the host
)

func outcome(err error) string {
	switch {
	case err == nil:
		return OutcomeOK
	case isOrderly(err):
		return OutcomeCancelled
	}
	return OutcomeFailed
}

// isCut reports whether a run was ended by what it can be begun after once more.
func isCut(err error) bool {
	return errors.Is(err, errReload) || errors.Is(err, errShutdown) || errors.Is(err, errAside)
}

// jobRun is a run that the store knows while it goes on, so that it can be begun
// once more if it is cut off.
type jobRun struct {
	job       *job
	scheduled time.Time
	began     time.Time // the store tells runs of one job apart by it
}

// noteBegin puts on record that a run begins. Runs of handlers are not: what
// they were for has passed. Nor are those of scripts that are no file.
func (j *job) noteBegin(f luaapi.Firing) *jobRun {
	s := j.script
	if j.on != nil || !s.isFile() {
		return nil
	}
	run := &jobRun{job: j, scheduled: f.Scheduled, began: s.host.clk.Now()}
	if !j.tooOften() {
		r := store.Run{Scheduled: run.scheduled, Started: run.began}
		if cut, ok := s.host.store.LatestRun(s.name, j.name); ok && cut.IsCut() && cut.Scheduled.Equal(f.Scheduled) {
			r.Until = cut.Until // it goes on, and may be cut off once more
		}
		s.host.store.BeginRun(s.name, j.name, r)
	}
	return run
}

// noteEnd puts on record how a run ended. One that a reload or the end of the
// host has ended stays to be begun once more; of another the disk has at once
// that it is not.
func (run *jobRun) noteEnd(err error) {
	if run == nil {
		return
	}
	s := run.job.script
	again := run.job.spec.CatchUp > 0
	s.host.store.ChangeRun(s.name, run.job.name, run.began, func(r *store.Run) {
		r.Ended, r.Outcome, r.Cut = s.host.clk.Now(), outcome(err), isCut(err)
		again = again || !r.Until.IsZero()
	})
	if again && !isCut(err) {
		s.flush(s.ctx)
	}
}

// goOn begins the run once more that was cut off, if hik.resume or catch_up
// still ask for it, and reports whether it did. Called with script.mu held.
func (j *job) goOn(now time.Time) bool {
	s := j.script
	if j.on != nil || !s.isFile() || j.forerunner.busy() > 0 || s.runs(j.name) {
		return false
	}
	r, ok := s.host.store.LatestRun(s.name, j.name)
	if !ok || !r.IsCut() {
		return false
	}
	if !now.Before(r.Until) && (j.spec.CatchUp <= 0 || now.Sub(r.Scheduled) > j.spec.CatchUp) {
		s.host.store.ChangeRun(s.name, j.name, r.Started, func(r *store.Run) { r.Outcome, r.Cut = OutcomeCancelled, false })
		return false
	}
	by := "the end of the host"
	switch {
	case s.wasAside:
		by = "the script being set aside"
	case s.phases != nil:
		by = "a reload"
	}
	s.host.log.Info("run goes on: it was cut off by "+by, keyScript, s.name, keyJob, j.name,
		"scheduled", r.Scheduled.In(s.site.Timezone).Format(time.DateTime))
	j.begin(luaapi.Firing{Name: j.name, Scheduled: r.Scheduled})
	return true
}

// runs reports whether a run of a job of that name goes on in this generation:
// of one that was stopped or replaced. Called with mu held.
func (s *script) runs(job string) bool {
	for _, t := range s.tasks {
		if t.run != nil && t.run.job.name == job {
			return true
		}
	}
	return false
}

// forgetRuns forgets what was cut off of jobs that the script has no more.
func (s *script) forgetRuns() {
	if !s.isFile() {
		return
	}
	has := make(map[string]bool)
	for _, j := range s.allJobs() {
		has[store.RunName(j.name)] = true
	}
	s.host.store.KeepRuns(s.name, func(job string) bool { return has[job] })
}

// forgetScripts does the same for scripts that are no more among the files.
func (h *Host) forgetScripts(files []string) {
	there := make(map[string]bool)
	for _, file := range files {
		there[scriptName(file)] = true
	}
	h.forgetAside(there)
	for _, name := range h.store.RunsOf() {
		if !there[name] {
			h.store.KeepRuns(name, func(string) bool { return false })
		}
	}
}

// Resume implements luaapi.Task.
func (t *task) Resume(ctx context.Context, till time.Time) {
	run := t.run
	if run == nil {
		return
	}
	s := t.script
	noted := s.host.store.ChangeRun(s.name, run.job.name, run.began, func(r *store.Run) { r.Until = till })
	if !noted && run.job.tooOften() {
		s.host.store.BeginRun(s.name, run.job.name, store.Run{Scheduled: run.scheduled, Started: run.began, Until: till})
	}
	s.flush(ctx)
}

// ResumesUntil implements luaapi.Task.
func (t *task) ResumesUntil() time.Time {
	if t.run == nil {
		return time.Time{}
	}
	r, ok := t.script.host.store.LatestRun(t.script.name, t.run.job.name)
	if !ok || !r.Started.Equal(t.run.began) {
		return time.Time{}
	}
	return r.Until
}

// Due implements luaapi.Task.
func (t *task) Due() time.Time {
	if t.run == nil {
		return time.Time{}
	}
	return t.run.scheduled
}

// NextTime implements luaapi.Script.
func (s *script) NextTime(when string, after time.Time) (time.Time, error) {
	plan, err := s.plan(luaapi.JobSpec{Kind: "at", When: when}, after)
	if err != nil {
		return time.Time{}, err
	}
	return plan.Next(after), nil
}

// logCut tells which tasks a reload has ended.
func (s *script) logCut(ended []*task) {
	var names []string
	for _, t := range ended {
		name := t.name
		if t.job != nil {
			name = t.job.name
		}
		names = append(names, name)
	}
	names = slices.Compact(names)
	text := "1 running task"
	switch n := len(names); {
	case n == 0:
		return
	case n > 1:
		text = fmt.Sprintf("%d running tasks", n)
	}
	s.host.log.Info(text+" ended by the reload: "+joined(names), keyScript, s.name)
}
