package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// endTasks tells of tasks that go on at the end of the span and have been silent
// for long: they wait for something that does not come. A tour that goes on sends
// its head about, and a run that is due to end has not gone on for long.
func (f *finder) endTasks(plans []runtime.JobPlan, st runtime.Status) {
	handlers := make(map[jobKey]bool)
	for _, p := range plans {
		handlers[jobKey{p.Script, p.Job}] = p.Kind == "on"
	}
	for _, s := range st.Scripts {
		for _, task := range s.Tasks {
			e, isRun := f.runs.going[task]
			began := f.from
			if isRun {
				began = e.Time
			}
			last := began
			for _, at := range []time.Time{f.runs.active[task], f.runs.spoke[s.Name]} {
				if at.After(last) {
					last = at
				}
			}
			j := f.runs.jobs[jobKey{e.Script, e.Job}]
			if isRun && j.left > 0 && !handlers[jobKey{e.Script, e.Job}] {
				continue // that runs are left out tells it
			}
			if f.to.Sub(last) < stuckAfter || !isRun && strings.Contains(task, "/timeout-") {
				continue
			}
			one := timeline.Finding{
				Kind: stillRunning, Time: began, Script: s.Name, Job: e.Job,
				Text:   fmt.Sprintf("%s goes on at the end, and has done nothing for the last %s", nameOf(task), clock.FormatDuration(rounded(f.to.Sub(last)))),
				Remedy: `give what it waits for a timeout, such as dev:wait("motion", {timeout = "10m"}), or the job a timeout; a task that is no longer wanted ends with task:cancel()`,
			}
			if isRun && j.left > 0 {
				one.Text += fmt.Sprintf("; meanwhile it left out %d events", j.left)
			}
			f.note(nameOf(task), one)
		}
	}
}
