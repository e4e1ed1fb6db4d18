package runtime

import (
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/site"
)

// Planned is a run of a job that is to come.
type Planned struct {
	Script string
	Job    string
	Time   time.Time // in the job's zone
	Note   string    // what a clock change, the sun or jitter does to it
}

// Unplanned is a job without a run to come, or a script that does not load.
type Unplanned struct {
	Script string
	Job    string // empty: the script
	Why    string
	Err    error // of the load
}

// Preview loads the scripts without letting them go live, and lists the next n
// runs of each job after now, in the order of time: what the host would do if
// it started now, by the plans that it would do it by. A job that counts from
// when it went live does so from began, where that is known (by "script/job").
// The host must not be open; no device is asked. It runs on a goroutine of the
// clock.
func (h *Host) Preview(n int, began map[string]time.Time) ([]Planned, []Unplanned) {
	stop := clock.Tick(guardEvery, h.guard)
	defer stop()
	files, err := h.scriptFiles()
	if err != nil {
		return nil, []Unplanned{{Why: err.Error(), Err: err}}
	}
	var runs []Planned
	var none []Unplanned
	now := h.clk.Now()
	if hasSchedules(h.site()) {
		files = append(files, site.FileName)
	}
	for _, file := range files {
		s, err := h.loadFile(file)
		if err != nil {
			none = append(none, Unplanned{Script: scriptName(file), Why: Report(err).String(), Err: err})
			continue
		}
		if file == site.FileName {
			none = append(none, h.unplannedSchedules()...)
		}
		for _, j := range s.allJobs() {
			from := now
			if since, ok := began[s.name+"/"+j.name]; ok {
				from = since
			}
			list, why := j.preview(now, from, n)
			for _, r := range list {
				runs = append(runs, Planned{s.name, j.name, r.Time, r.Note})
			}
			if why != "" {
				none = append(none, Unplanned{Script: s.name, Job: j.name, Why: why})
			}
		}
		s.close(errShutdown)
	}
	slices.SortStableFunc(runs, func(a, b Planned) int { return a.Time.Compare(b.Time) })
	return runs, none
}

// preview lists the next n runs after now of a job that went live at began, or
// why there are none.
func (j *job) preview(now, began time.Time, n int) ([]schedule.Run, string) {
	if j.spec.Event != nil {
		return nil, "runs on its event"
	}
	plan, err := j.planFrom(began)
	if err != nil {
		return nil, err.Error()
	}
	runs := schedule.Preview(plan, now, n)
	if len(runs) == 0 {
		return nil, schedule.Never(plan, now)
	}
	if j.spec.Jitter > 0 {
		for i := range runs {
			notes := []string{runs[i].Note, "up to " + j.spec.Jitter.String() + " later (jitter)"}
			runs[i].Note = strings.TrimPrefix(strings.Join(notes, "; "), "; ")
		}
	}
	return runs, ""
}

// loadFile loads a file of scripts/, or the schedules of site.yaml, without letting it go live.
func (h *Host) loadFile(file string) (*script, error) {
	if file == site.FileName {
		return h.newSchedules()
	}
	source, err := readPlain(h.source(), file)
	if err != nil {
		return nil, err
	}
	s := h.newScript(scriptName(file), file, Output{})
	if err := loaded(s.beginLoad(source)); err != nil {
		s.close(errShutdown)
		return nil, err
	}
	return s, nil
}
