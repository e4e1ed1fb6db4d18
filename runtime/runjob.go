package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// RunJob starts a run of a job by hand: NAME, or SCRIPT/NAME where several
// scripts have one of that name.
func (h *Host) RunJob(name string) error { return h.StartJob(context.Background(), name) }

// StartJob is RunJob, for somebody whom ctx may name: see By.
func (h *Host) StartJob(ctx context.Context, name string) error {
	_, err := h.runJob(ctx, name, nil)
	return err
}

// RunJobWait is RunJob, and waits for the end of that run. The error says why it
// did not begin, or that ctx ended before it: then it goes on. How it ended is in
// the RunStatus.
func (h *Host) RunJobWait(ctx context.Context, name string) (RunStatus, error) {
	w := h.clk.NewWaiter()
	defer clock.OnDone(h.ctx, w.Wake)()
	ended := make(chan Run, 1)
	asked := h.clk.Now()
	j, err := h.runJob(ctx, name, func(started, end time.Time, err error) {
		select {
		case ended <- Run{Scheduled: asked, Started: started, Ended: end, Err: err}:
		default: // it was told already
		}
		w.Wake()
	})
	if err != nil {
		return RunStatus{}, err
	}
	if err := clock.WaitFor(ctx, w); err != nil {
		return RunStatus{}, err
	}
	select {
	case run := <-ended:
		if run.Started.IsZero() {
			return RunStatus{}, run.Err
		}
		return *j.statusOf(run), nil
	default:
		return RunStatus{}, errShutdown
	}
}

// runJob starts a run, of whose end ended is told if it is not nil.
func (h *Host) runJob(ctx context.Context, name string, ended func(started, end time.Time, err error)) (*job, error) {
	found := slices.DeleteFunc(h.jobs(), func(j *job) bool { return j.name != name && j.script.name+"/"+j.name != name })
	switch len(found) {
	case 0:
		return nil, h.noSuchJob(name)
	case 1:
		j := found[0]
		if j.spec.Overlap == "" || j.spec.Overlap == "skip" {
			j.script.mu.Lock()
			running := j.running
			j.script.mu.Unlock()
			if running > 0 {
				return nil, j.busyError()
			}
		}
		if err := j.runNow(ended); err != nil {
			return nil, err
		}
		h.tellByHand(ctx, "run of a job", nil, keyScript, j.script.name, keyJob, j.name)
		return j, nil
	}
	var names []string
	for _, j := range found {
		names = append(names, j.script.name+"/"+j.name)
	}
	return nil, &luaapi.Failure{Kind: "misuse", Message: "several jobs have that name: " + joined(names), Hint: "give one of these names"}
}

func (j *job) busyError() error {
	return &luaapi.Failure{Kind: "busy", Message: fmt.Sprintf("%s/%s runs already", j.script.name, j.name)}
}

// noSuchJob names the nearest one.
func (h *Host) noSuchJob(name string) error {
	var known []string
	for _, j := range h.jobs() {
		known = append(known, j.script.name+"/"+j.name, j.name)
	}
	failure := &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("no job %q", name), Err: luaapi.ErrUnknownName}
	script, _, _ := strings.Cut(name, "/")
	switch near := nearest.Word(name, known); {
	case h.isAside(script):
		failure.Hint = fmt.Sprintf("script %s is set aside: release it first", script)
	case near != "":
		failure.Hint = fmt.Sprintf("did you mean %q?", near)
	case len(known) == 0:
		failure.Hint = "no script has a job"
	}
	return failure
}

// tell has the caller that started a run by hand know of its end.
func tell(f luaapi.Firing, run Run) {
	if f.Ended != nil {
		f.Ended(run.Started, run.Ended, run.Err)
	}
}

// drop is tell of a run that does not begin.
func drop(f luaapi.Firing, why error) { tell(f, Run{Err: why}) }
