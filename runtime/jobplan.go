package runtime

import (
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
)

// JobPlan is a job that a script has registered, and its schedule.
type JobPlan struct {
	Script   string
	Job      string
	Kind     string // cron, every, at, after, on
	Overlap  string // skip, queue, allow
	Schedule schedule.Schedule
	Interval time.Duration  // of every; 0: of another kind
	Zone     *time.Location // in which its times are
	File     string         // "scripts/night.lua": where it is registered; "": not known
	Line     int
	Runs     int
	Next     time.Time // zero: never
}

// JobPlans are the jobs of all scripts that run, in the order of registration. It
// waits for nothing but short locks.
func (h *Host) JobPlans() []JobPlan {
	var all []JobPlan
	for _, j := range h.jobs() {
		p := JobPlan{
			Script: j.script.name, Job: j.name, Kind: j.spec.Kind, Overlap: j.spec.Overlap, Interval: j.spec.Interval,
			Zone: j.script.site.Timezone, Next: j.Next(),
		}
		if p.Overlap == "" {
			p.Overlap = "skip"
		}
		if zone, err := schedule.Zone(j.spec.Timezone); err == nil {
			p.Zone = zone
		}
		if file, line, ok := strings.Cut(j.spec.Place, ":"); ok {
			p.File = file
			p.Line, _ = strconv.Atoi(line)
		}
		j.script.mu.Lock()
		p.Schedule, p.Runs = j.plan, j.runs
		j.script.mu.Unlock()
		p.Zone = schedule.ZoneOf(p.Schedule, p.Zone)
		all = append(all, p)
	}
	return all
}

// RunningTask is a task that has not ended.
type RunningTask struct {
	Script string
	Job    string // "": of none
	Task   string // "night/night tour#3"
	Run    string // the run that it belongs to; Task itself, if it is one
	Began  time.Time
	Event  bool // it waits for an event of a device
}

// RunningTasks are the tasks of all scripts that run, the oldest first in each. It
// waits for nothing but short locks.
func (h *Host) RunningTasks() []RunningTask {
	var all []RunningTask
	for _, s := range h.running() {
		s.mu.Lock()
		for _, t := range s.tasks {
			one := RunningTask{Script: s.name, Task: t.name, Run: t.owner.Run(), Began: t.began, Event: t.owner.AwaitsEvent()}
			if t.job != nil {
				one.Job = t.job.name
			}
			all = append(all, one)
		}
		s.mu.Unlock()
	}
	return all
}
