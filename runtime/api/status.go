package api

import (
	"context"
	"os"

	"github.com/hiklua/hiklua/runtime"
)

// status is GET /api/status.
func (a *API) status(context.Context) (runtime.Status, error) {
	st := a.conf.Host.Status()
	st.PID = os.Getpid()
	return st, nil
}

// jobs is GET /api/jobs.
func (a *API) jobs(context.Context) ([]runtime.JobStatus, error) {
	return a.conf.Host.Status().Jobs, nil
}

// RunJob is what POST /api/jobs/run takes.
type RunJob struct {
	Job  string `json:"job"`            // its name, or SCRIPT/NAME
	Wait bool   `json:"wait,omitempty"` // for the end of the run
}

// JobRun is what POST /api/jobs/run answers.
type JobRun struct {
	Job string             `json:"job"`           // as it was given
	Run *runtime.RunStatus `json:"run,omitempty"` // how it went; left out: it has begun
}

func (a *API) runJob(ctx context.Context, in RunJob) (JobRun, error) {
	if err := needed("job", in.Job); err != nil {
		return JobRun{}, err
	}
	if !in.Wait {
		return JobRun{Job: in.Job}, a.conf.Host.RunJob(in.Job)
	}
	run, err := a.conf.Host.RunJobWait(ctx, in.Job)
	return JobRun{in.Job, &run}, err
}

// Reloaded is what became of one file when a host looked at its site.
type Reloaded struct {
	What  string               `json:"what"` // site.yaml, or a script's name
	Did   string               `json:"did"`  // loaded, reloaded, removed, taken over, not loaded, not taken over
	Error *runtime.ErrorStatus `json:"error,omitempty"`
}

// Nothing is what a path takes that needs nothing: {}.
type Nothing struct{}

// reload is POST /api/reload: it looks at the site and tells what changed, and
// what does not run although it was saved before.
func (a *API) reload(ctx context.Context, _ Nothing) ([]Reloaded, error) {
	if a.conf.Reloading != nil {
		defer a.conf.Reloading()()
	}
	a.log.Info("reload by hand")
	changes, err := a.conf.Host.Reload(ctx)
	if err != nil {
		return nil, err
	}
	all := []Reloaded{}
	for _, c := range changes {
		r := Reloaded{What: c.Script}
		switch {
		case c.Site != nil:
			r.What, r.Did = "site.yaml", "taken over"
		case !c.Is:
			r.Did = "removed"
		case c.Was:
			r.Did = "reloaded"
		default:
			r.Did = "loaded"
		}
		if c.Err != nil {
			continue // status has it, in the same words as for one that was saved before
		}
		all = append(all, r)
	}
	st := a.conf.Host.Status()
	if st.Site.Error != nil {
		all = append(all, Reloaded{"site.yaml", "not taken over, everything runs on as it was", st.Site.Error})
	}
	for _, s := range st.Scripts {
		if s.Edit == nil {
			continue
		}
		did := "not loaded, the version before runs on"
		switch s.State {
		case runtime.ScriptBroken:
			did = "not loaded"
		case runtime.ScriptAside:
			did = "not loaded, the script is set aside"
		}
		all = append(all, Reloaded{s.Name, did, s.Edit})
	}
	return all, nil
}
