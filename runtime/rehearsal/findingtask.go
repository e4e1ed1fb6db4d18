package rehearsal

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// stuckAfter is how long a task may be silent, without a command or a line of its
// script, until it is taken for one that never ends.
const stuckAfter = time.Hour

// endTasks tells of tasks that go on at the end of the span and have been silent
// for long: they wait for something that does not come. A tour that goes on sends
// its head about, and a run that is due to end has not gone on for long.
func (f *finder) endTasks(plans []runtime.JobPlan, tasks []runtime.RunningTask) {
	handlers, running := make(map[jobKey]bool), make(map[string]bool)
	for _, p := range plans {
		handlers[jobKey{p.Script, p.Job}] = p.Kind == "on"
	}
	for _, t := range tasks {
		running[t.Task] = true
	}
	for _, t := range tasks {
		last := f.lastOf(t)
		if f.to.Sub(last) < stuckAfter {
			continue
		}
		key := jobKey{t.Script, t.Job}
		left := 0
		if j := f.runs.jobs[key]; j != nil {
			left = j.left
		}
		one := timeline.Finding{Kind: stillRunning, Time: t.Began, Script: t.Script, Job: t.Job}
		silent := clock.FormatDuration(rounded(f.to.Sub(last)))
		switch isRun := t.Run == t.Task; {
		case isRun && t.Job == "" && t.Event, // a loop that a script has begun, and that waits for what devices notice
			isRun && t.Job != "" && left > 0 && !handlers[key], // that runs are left out tells it
			!isRun && running[t.Run]:                           // its run is told of
			continue
		case isRun && t.Job == "":
			one.Text = fmt.Sprintf("a task that the script has spawned goes on at the end, and has done nothing for the last %s", silent)
			one.Remedy = "let it end, or make it a job: hik.every shows in hiklua jobs, and an error does not end it for good"
		case isRun:
			one.Text = fmt.Sprintf("a run of %s goes on at the end, and has done nothing for the last %s", t.Job, silent)
			if left > 0 {
				one.Text += fmt.Sprintf("; meanwhile it left out %d events", left)
			}
			one.Remedy = `give what it waits for a timeout, such as dev:wait("motion", {timeout = "10m"}), or the job a timeout`
		default:
			one.Text = fmt.Sprintf("a task that a run of %s has spawned goes on at the end, long after that run", t.Job)
			one.Remedy = `let it end: give what it waits for a timeout, such as dev:wait("motion", {timeout = "10m"}), or call task:cancel() at the end of the run`
		}
		f.note("", one)
	}
}

// lastOf is when a task has last done anything that is seen, or its script has
// printed something; else when it began.
func (f *finder) lastOf(t runtime.RunningTask) time.Time {
	last := t.Began
	for _, at := range []time.Time{f.runs.active[t.Task], f.runs.spoke[t.Script]} {
		if at.After(last) {
			last = at
		}
	}
	return last
}
