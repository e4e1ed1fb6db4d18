package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// fewest is the interval below which a job is a busy loop.
const fewest = 500 * time.Millisecond

// jobKey is a job of a site.
type jobKey struct{ script, job string }

// name is the job as people are told it; of a task of no job, its script's.
func (k jobKey) name() string {
	if k.job == "" {
		return "a task of " + k.script
	}
	return k.script + "/" + k.job
}

// runs are the runs of jobs.
type runs struct {
	jobs   map[jobKey]*jobRuns
	going  map[string]journal.Entry // that have not ended, by task
	active map[string]time.Time     // when a task has last sent a command
	spoke  map[string]time.Time     // when a script has last printed or logged anything
}

// jobRuns is how the runs of a job were.
type jobRuns struct {
	begun   int
	longest time.Duration
	left    int       // runs that were left out
	first   time.Time // of those
	why     error     // of the last that could not begin
}

func (r *runs) init() {
	r.jobs = make(map[jobKey]*jobRuns)
	r.going = make(map[string]journal.Entry)
	r.active = make(map[string]time.Time)
	r.spoke = make(map[string]time.Time)
}

func (r *runs) of(e journal.Entry) *jobRuns {
	key := jobKey{e.Script, e.Job}
	if r.jobs[key] == nil {
		r.jobs[key] = new(jobRuns)
	}
	return r.jobs[key]
}

// seeRun counts the runs of jobs.
func (f *finder) seeRun(e journal.Entry) {
	r := &f.runs
	switch e.Kind {
	case journal.RunBegun:
		r.of(e).begun++
		r.going[e.Task] = e
	case journal.RunEnded:
		delete(r.going, e.Task)
		delete(r.active, e.Task)
		r.of(e).longest = max(r.of(e).longest, e.Duration)
	case journal.RunSkipped:
		if e.Err != nil && strings.Contains(e.Err.Error(), "is held back") {
			return // that its runs run away tells it
		}
		j := r.of(e)
		if j.left == 0 {
			j.first = e.Time
		}
		j.left += max(e.Count, 1)
		j.why = e.Err
	case journal.Command:
		if e.Task != "" {
			r.did(e.Task, e.Time)
		}
		if e.Use != nil && e.Use.Run != e.Task {
			r.did(e.Use.Run, e.Time)
		}
	}
}

// did notes that a task has done something.
func (r *runs) did(task string, at time.Time) { r.active[task] = at }

// said notes that a script has printed or logged something.
func (f *finder) said(at time.Time, script string) { f.runs.spoke[script] = at }

// endRuns tells of runs that were left out, and of those that take longer than
// there is time between two.
func (f *finder) endRuns(plans []runtime.JobPlan) {
	for _, p := range plans {
		j := f.runs.jobs[jobKey{p.Script, p.Job}]
		if j == nil || p.Kind == "on" { // that a handler is still at work is what its author chose
			continue
		}
		longest, goesOn := j.longest, false
		for _, e := range f.runs.going {
			if took := f.to.Sub(e.Time); e.Script == p.Script && e.Job == p.Job && took > longest {
				longest, goesOn = took, true
			}
		}
		took := "one took " + clock.FormatDuration(rounded(longest))
		if goesOn {
			took = "one goes on after " + clock.FormatDuration(rounded(longest))
		}
		if p.Interval > 0 && p.Interval < fewest {
			f.note("", timeline.Finding{
				Kind: busyLoop, Time: f.from, Script: p.Script, Job: p.Job,
				Text:   fmt.Sprintf("%s runs %d times a second", title(p), time.Second/p.Interval),
				Remedy: "let it run once a second at most; to be told of something, use hik.on",
			})
		}
		one := timeline.Finding{Script: p.Script, Job: p.Job}
		switch {
		case j.left > 0 && j.why != nil:
			one.Kind, one.Time = runSkipped, j.first
			one.Text = fmt.Sprintf("a run of %s could not begin: %v", title(p), j.why)
			one.Remedy = "let its runs, and what they spawn, come to an end before the next is due"
			f.note("", one).Count = j.left
		case j.left > 0:
			one.Kind, one.Time = runSkipped, j.first
			one.Text = fmt.Sprintf("a run of %s was left out, since the one before still went on: %s", title(p), took)
			one.Remedy = `let it run less often, give it a timeout, or overlap = "queue" to make up for what was left out`
			if p.Overlap == "queue" {
				one.Text = fmt.Sprintf("a run of %s was left out, since 16 waited already for the one before: %s", title(p), took)
				one.Remedy = "let it run less often, or give it a timeout: the queue grows as long as a run takes longer than the time until the next"
			}
			f.note("", one).Count = j.left
		case p.Overlap != "skip" && longest > f.gap(p) && f.gap(p) > 0:
			one.Kind, one.Time = runTooLong, f.from
			one.Text = fmt.Sprintf("a run of %s takes longer than the time until the next, which is %s: %s", title(p), clock.FormatDuration(f.gap(p)), took)
			one.Remedy = "let it run less often, or give it a timeout: with overlap = \"" + p.Overlap + "\" they pile up"
			f.note("", one)
		}
	}
}

// gap is the shortest time between some runs of a job in the span; 0: it has
// fewer than two.
func (f *finder) gap(p runtime.JobPlan) time.Duration {
	shortest := time.Duration(0)
	last := p.Schedule.Next(f.from)
	for range 50 {
		if last.IsZero() {
			break
		}
		next := p.Schedule.Next(last)
		if next.IsZero() || !next.Before(f.to) {
			break
		}
		if d := next.Sub(last); shortest == 0 || d < shortest {
			shortest = d
		}
		last = next
	}
	return shortest
}

// title is a job with when it runs; one without a name of its own is called so.
func title(p runtime.JobPlan) string {
	when := words(p)
	if strings.HasPrefix(when, p.Job) {
		return when
	}
	return p.Job + " (" + when + ")"
}

// words are when a job runs, in its script's words: "every 1m", "at 22:00".
func words(p runtime.JobPlan) string {
	text := p.Schedule.String()
	if strings.HasPrefix(text, p.Kind+" ") {
		return text
	}
	return p.Kind + " " + text
}
