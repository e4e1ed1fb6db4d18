package rehearsal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// The kinds of findings. docs/rehearse.md explains each.
const (
	headTaken     timeline.FindingKind = "head_taken"
	headKept      timeline.FindingKind = "head_kept"
	motionLimit   timeline.FindingKind = "motion_limit"
	motionTaskEnd timeline.FindingKind = "motion_task_end"
	leftAway      timeline.FindingKind = "left_away"
	runSkipped    timeline.FindingKind = "run_skipped"
	runTooLong    timeline.FindingKind = "run_too_long"
	neverRuns     timeline.FindingKind = "never_runs"
	clockChange   timeline.FindingKind = "clock_change"
	stillRunning  timeline.FindingKind = "still_running"
	busyLoop      timeline.FindingKind = "busy_loop"
	notFound      timeline.FindingKind = "not_found"
	tooMany       timeline.FindingKind = "too_many_commands"
	longQueue     timeline.FindingKind = "long_queue"
	archiveLimit  timeline.FindingKind = "archive_limit"
	scriptError   timeline.FindingKind = "error"
	hostWarning   timeline.FindingKind = "warning"
)

// finder looks for what is wrong with a site while it is rehearsed. It is told
// of entries, of lines of the log and of what scripts print, in their order, and
// keeps what it needs of them: not all, since a week has millions. It is not safe
// for use from several goroutines.
type finder struct {
	o        Options
	site     *site.Site
	from, to time.Time
	loaded   []runtime.JobPlan // the jobs in the first minute: one that runs once is gone when it has

	found     map[string]*timeline.Finding
	longestOf map[*timeline.Finding]time.Duration // of those whose text tells the longest of something
	failed    map[string]failedCommand            // the last command for something that is not there, by task
	told      map[string]timeline.Record          // what the log said to the error of a task
	forgetAt  int                                 // how many tasks are remembered until those that have ended are forgotten

	heads heads
	rests rests
	runs  runs
	loads loads
	shots shots
}

func newFinder(o Options) *finder {
	f := &finder{o: o, site: o.Site, from: o.From, to: o.From.Add(o.For), found: make(map[string]*timeline.Finding), longestOf: make(map[*timeline.Finding]time.Duration), failed: make(map[string]failedCommand), told: make(map[string]timeline.Record)}
	f.heads.init()
	f.rests.init()
	f.rests.home = fmt.Sprint(o.Site.Vars["home"])
	f.runs.init()
	f.loads.init()
	f.shots.init()
	return f
}

// entry takes an entry of the journal.
func (f *finder) entry(e journal.Entry) {
	f.seeHead(e)
	f.seeRest(e)
	f.seeRun(e)
	f.seeLoad(e)
	f.seePicture(e)
	f.seeError(e)
}

// forget forgets tasks that have ended, now and then: not each one has an entry of
// its end.
func (f *finder) forget(running func() []runtime.RunningTask) {
	remembered := func() int { return len(f.runs.active) + len(f.failed) + len(f.told) }
	if remembered() < f.forgetAt {
		return
	}
	alive := make(map[string]bool)
	for _, t := range running() {
		alive[t.Task], alive[t.Run] = true, true
	}
	maps.DeleteFunc(f.runs.active, func(task string, _ time.Time) bool { return !alive[task] })
	maps.DeleteFunc(f.failed, func(task string, _ failedCommand) bool { return !alive[task] })
	maps.DeleteFunc(f.told, func(task string, _ timeline.Record) bool { return !alive[task] })
	f.forgetAt = 2*remembered() + 1000
}

// end is told which jobs and tasks there are at the end of the span, and lists what
// was found, by time.
func (f *finder) end(plans []runtime.JobPlan, tasks []runtime.RunningTask) []timeline.Finding {
	f.endRests()
	f.endRuns(plans)
	once := f.runOnce(plans)
	f.endSchedules(plans, once)
	f.endTasks(plans, tasks)
	f.endLoads()
	f.endShots()
	places := make(map[string]runtime.JobPlan)
	for _, p := range slices.Concat(once, plans) {
		places[p.Script+"/"+p.Job] = p
	}
	all := make([]timeline.Finding, 0, len(f.found))
	for _, one := range f.found {
		if p, ok := places[one.Script+"/"+one.Job]; ok && one.Line == 0 && one.Job != "" && p.File == scriptFile(one.Script) {
			one.Line = p.Line
		}
		one.Time = one.Time.In(f.site.Timezone)
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b timeline.Finding) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Script, b.Script),
			strings.Compare(a.Job, b.Job), strings.Compare(a.Place, b.Place), strings.Compare(a.Text, b.Text))
	})
	return all
}

// note notes a finding, or that it was made once more: those of one kind, script,
// job, place and key are one. The caller may change its text.
func (f *finder) note(key string, one timeline.Finding) *timeline.Finding {
	if one.Device != "" && one.Place == "" {
		one.Place = f.place(one.Device, one.Channel)
	}
	key = strings.Join([]string{string(one.Kind), one.Script, one.Job, one.Place, key}, "\x00")
	known := f.found[key]
	if known == nil {
		known = &one
		f.found[key] = known
	}
	known.Count++
	return known
}

// place is a channel as people are told it: "gate/yard".
func (f *finder) place(device string, channel int) string {
	if channel == 0 {
		return device
	}
	if d, ok := f.site.Device(device); ok {
		for _, c := range d.Channels {
			if c.Address == channel {
				return device + "/" + c.Name
			}
		}
		if len(d.Channels) <= 1 && channel == 1 {
			return device
		}
	}
	return device + "/" + strconv.Itoa(channel)
}

// nameOf is the job of a run, and the script of a task that is none: "night/night
// tour#3" is one of "night/night tour", "night/task-7" is "a task of night".
func nameOf(run string) string {
	if name, _, ok := strings.Cut(run, "#"); ok {
		return name
	}
	script, _, _ := strings.Cut(run, "/")
	return "a task of " + script
}

// ownerOf is the script and the job of a run; "" for a task that is none of a job.
func ownerOf(run string) (script, job string) {
	script, rest, _ := strings.Cut(run, "/")
	if job, _, ok := strings.Cut(rest, "#"); ok {
		return script, job
	}
	return script, ""
}

// scriptFile is where a script lies.
func scriptFile(script string) string {
	if script == site.FileName {
		return script
	}
	return "scripts/" + script + ".lua"
}
