package runtime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/schedule"
)

// maxQueued bounds the runs of a job with overlap = "queue" that wait for the
// one before.
const maxQueued = 16

// job is what a script registered to run at certain times.
type job struct {
	script *script
	spec   luaapi.JobSpec
	name   string
	plan   schedule.Schedule // guarded by script.mu: made anew when the job goes live
	fixed  bool              // plan is not made of spec, but the host's own
	delay  time.Duration     // how long after its time each run begins
	wants  *gaps.Series      // the pictures that it takes; nil: it is no schedule of the archive

	// Guarded by script.mu.
	place   int       // in the list of the script's jobs
	began   time.Time // went live; every counts from here
	timer   clock.Timer
	next    time.Time // of the plan, without jitter; zero: never again
	stopped bool
	spent   bool // its only time has come
	lasts   bool // set by a run that may finish while its script ends
	running int
	queued  []luaapi.Firing
	// forerunner is the job of the generation before whose run, with
	// on_reload = "finish", still goes on: it has this job's overlap slot.
	forerunner *job
	successor  *job
	on         *handler // nil: the job runs by time
	runs       int
	failures   int // of runs
	skips      int // runs that did not begin
	last       Run
	repeats    repeats
}

// Run is one run of a job that has ended or goes on.
type Run struct {
	Scheduled, Started, Ended time.Time
	Err                       error
}

var _ luaapi.Job = (*job)(nil)

// newJob checks the words of spec.
func (s *script) newJob(spec luaapi.JobSpec) (*job, error) {
	switch spec.Overlap {
	case "", "skip", "queue", "allow":
	default:
		return nil, fmt.Errorf("overlap = %q: it is skip, queue or allow", spec.Overlap)
	}
	switch spec.OnReload {
	case "", "cancel", "finish":
	default:
		return nil, fmt.Errorf("on_reload = %q: it is cancel or finish", spec.OnReload)
	}
	plan, err := s.plan(spec, s.host.clk.Now())
	if err != nil {
		return nil, err
	}
	j := &job{script: s, spec: spec, plan: plan, name: spec.Name}
	if j.name == "" {
		j.name = spec.Kind + " " + cmp.Or(spec.When, clock.FormatDuration(spec.Interval))
	}
	return j, j.handle()
}

// start sets the timer of the first run. A job that counts from when it went
// live does so from now, or, over a reload, from when its forerunner did.
func (j *job) start() {
	if j.on != nil {
		j.listen()
		return
	}
	s := j.script
	s.host.mu.Lock()
	opened := s.host.startedAt
	s.host.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.host.clk.Now()
	j.began = now
	if began, ok := s.phases[j.phase()]; ok && j.spec.Kind == "every" {
		j.began = began
	}
	j.keepBeat(opened, now)
	if plan, err := j.planFrom(j.began); err == nil {
		j.plan = plan
	}
	after := j.begunUntil(now)
	switch {
	case j.spec.Kind == "after":
		after = now.Add(-1) // hik.after(0, ...) runs now
	case s.host.conf.DueAtStart && now.Equal(opened) && (j.fixed || j.spec.Kind == "cron" || j.spec.Kind == "at"):
		after, opened = now.Add(-1), opened.Add(-1)
	}
	j.arm(after)
	begun := !j.stopped && (j.makeUp(opened, now) || j.goOn(now))
	if j.next.IsZero() && !j.stopped && !begun {
		s.host.log.Warn("job will never run", keyScript, s.name, keyJob, j.name, "why", schedule.Never(j.plan, now))
	}
	j.spent = j.spent || begun && j.next.IsZero()
}

// planFrom is the plan of a job that went live at began.
func (j *job) planFrom(began time.Time) (schedule.Schedule, error) {
	if j.fixed {
		return j.plan, nil
	}
	return j.script.plan(j.spec, began)
}

// lag is how long after its time a run may begin as it was meant to.
func (j *job) lag() time.Duration { return j.delay + j.spec.Jitter }

// phase is what a job of the next generation has to share with this one to
// keep its beat.
func (j *job) phase() string { return j.name + " " + j.spec.Interval.String() }

// phasesOf tells the jobs of a new generation when their forerunners went
// live.
func phasesOf(old *script) map[string]time.Time {
	old.mu.Lock()
	defer old.mu.Unlock()
	phases := make(map[string]time.Time)
	for _, j := range old.jobs.all() {
		if j.spec.Kind == "every" {
			phases[j.phase()] = j.began
		}
	}
	return phases
}

// arm sets the timer of the first run after a time. Called with script.mu held.
func (j *job) arm(after time.Time) {
	if j.stopped {
		return
	}
	j.next = j.plan.Next(after)
	if j.next.IsZero() {
		return
	}
	j.setTimer()
}

// setTimer sets the timer of the next run. Called with script.mu held.
func (j *job) setTimer() {
	at := j.next.Add(j.delay)
	if j.spec.Jitter > 0 {
		at = at.Add(j.script.host.random(j.spec.Jitter))
	}
	j.timer = j.script.host.clk.At(at, j.fire)
}

// delayBy changes how long after its time each run begins.
func (j *job) delayBy(d time.Duration) {
	j.script.mu.Lock()
	defer j.script.mu.Unlock()
	if j.delay = d; j.timer != nil && !j.stopped && !j.next.IsZero() && j.timer.Stop() {
		j.setTimer()
	}
}

// fire is called by the clock.
func (j *job) fire() {
	s := j.script
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.stopped {
		return
	}
	after, now := j.next, s.host.clk.Now()
	if now.After(after.Add(j.lag())) {
		after = now // the machine was asleep or busy
	}
	f, due := j.due(now)
	j.arm(after)
	j.spent = j.next.IsZero()
	if due {
		j.ran(now)
		j.begin(f)
	}
	j.leave()
}

// leave takes a job that will not run again out of its script's list. Called
// with script.mu held.
func (j *job) leave() {
	if j.stopped || j.spent && j.running == 0 && len(j.queued) == 0 {
		j.script.jobs.drop(j)
		j.script.noteIdle()
	}
}

// begin starts a run unless overlap forbids it. Called with script.mu held.
func (j *job) begin(f luaapi.Firing) {
	s := j.script
	if j.leftOut() {
		j.skips++
		drop(f, j.heldError(s.heldBack()))
		return
	}
	if j.running+j.busyBefore() > 0 {
		switch j.spec.Overlap {
		case "allow":
		case "queue":
			if len(j.queued) < maxQueued {
				j.queued = append(j.queued, f)
				return
			}
			fallthrough
		default:
			j.skipped()
			drop(f, j.busyError())
			return
		}
	}
	j.running++
	s.host.clk.Go(func() { j.run(f) })
}

// run is one run from its start to its end.
func (j *job) run(f luaapi.Firing) {
	s := j.script
	s.mu.Lock()
	j.runs++
	number := j.runs
	s.mu.Unlock()
	run := j.noteBegin(f)
	err := j.remember()
	if err != nil && !isOrderly(err) {
		j.hasNotRun(f)
	}

	f.Started = s.host.clk.Now()
	f.Late = max(f.Started.Sub(f.Scheduled), 0)
	entered := false
	var t *task
	if err == nil {
		t, err = s.newTask(taskSpec{name: fmt.Sprintf("%s#%d", j.name, number), job: j, run: run, limit: j.spec.Timeout})
	}
	if err != nil {
		if !isOrderly(err) {
			j.recordRun(journal.RunSkipped, nil, f, err)
			s.host.log.Error("run not started", keyScript, s.name, keyJob, j.name, keyError, err)
		}
	} else {
		t.chain, _ = f.Chain.(*emission)
		j.recordRun(journal.RunBegun, t, f, nil)
		t.start(func(L *lua.LState) error {
			entered = true
			if err := t.call(L, j.spec.Fn, luaapi.FiringArgs(L, j.spec.Fn, f)...); err != nil {
				return err
			}
			return luaapi.TakeAnswer(L, f, t.results)
		})
		t.join(context.Background())
		err = t.err
	}
	run.noteEnd(err)
	if t != nil {
		j.recordRun(journal.RunEnded, t, f, err)
	}
	if err == nil {
		j.works()
	} else {
		s.host.missed(j.wants, err)
	}
	passed := !entered && isOrderly(err) && j.passOn(f)
	if !entered && !passed && isOrderly(err) && j.runsOnce() {
		j.hasNotRun(f)
	}

	s.mu.Lock()
	j.running--
	j.last = Run{Scheduled: f.Scheduled, Started: f.Started, Ended: s.host.clk.Now(), Err: err}
	last := j.last
	if outcome(err) == OutcomeFailed {
		j.failures++
	}
	s.mu.Unlock()
	if t == nil {
		last.Started = time.Time{} // it has not begun
	}
	if !passed {
		tell(f, last)
	}
	j.free()
	s.mu.Lock()
	j.leave()
	s.mu.Unlock()
}

// free begins the next run that waits for the overlap slot.
func (j *job) free() {
	j.script.mu.Lock()
	defer j.script.mu.Unlock()
	before := j.busyBefore()
	switch {
	case j.successor != nil:
		s := j.successor
		j.script.host.clk.Go(s.free)
	case len(j.queued) > 0 && !j.stopped && j.running+before == 0:
		next := j.queued[0]
		j.queued = slices.Delete(j.queued, 0, 1)
		j.begin(next)
	}
}

// busy counts the runs of a job of an older generation. No job: none. Scripts
// are locked from the newer to the older.
func (j *job) busy() int {
	if j == nil {
		return 0
	}
	j.script.mu.Lock()
	defer j.script.mu.Unlock()
	return j.running + j.busyBefore()
}

// busyBefore counts the runs of the job in older generations. Those begin none,
// so that without any they are let go, with their Lua states. Called with
// script.mu held.
func (j *job) busyBefore() int {
	n := j.forerunner.busy()
	if n == 0 {
		j.forerunner = nil
	}
	return n
}

// follow lets the jobs of a new generation wait for runs of the old one that
// may finish.
func (s *script) follow(old []*job) {
	for _, o := range old {
		if o.spec.OnReload != "finish" || o.busy() == 0 {
			continue
		}
		for _, j := range s.allJobs() {
			if j.name == o.name {
				s.mu.Lock()
				j.forerunner = o
				s.mu.Unlock()
				o.script.mu.Lock()
				o.successor = j
				o.script.mu.Unlock()
			}
		}
	}
}
