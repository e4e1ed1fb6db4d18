package runtime

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
)

// Name implements luaapi.Job.
func (j *job) Name() string { return j.name }

// Next implements luaapi.Job.
func (j *job) Next() time.Time {
	j.script.mu.Lock()
	defer j.script.mu.Unlock()
	switch {
	case j.stopped:
		return time.Time{}
	case j.next.IsZero() && !j.script.live:
		return j.plan.Next(j.script.host.clk.Now())
	}
	return j.next
}

// Run implements luaapi.Job.
func (j *job) Run() error { return j.runNow(nil) }

// runNow is Run; ended is told of the end of the run.
func (j *job) runNow(ended func(started, end time.Time, err error)) error {
	j.script.mu.Lock()
	defer j.script.mu.Unlock()
	f := j.byHand()
	f.Ended = ended
	begin := func() {
		j.script.mu.Lock()
		defer j.script.mu.Unlock()
		j.begin(j.byHand())
	}
	switch {
	case j.stopped:
		return fmt.Errorf("job %q has been stopped", j.name)
	case !j.script.heldBack().IsZero():
		return j.heldError(j.script.heldBack())
	case !j.script.live && ended != nil:
		return &luaapi.Failure{Kind: "busy", Message: fmt.Sprintf("%s loads: its jobs do not run yet", j.script.name)}
	case !j.script.live:
		j.script.held = append(j.script.held, begin)
	default:
		j.begin(f)
	}
	return nil
}

// Stop implements luaapi.Job.
func (j *job) Stop() {
	defer j.unlisten()
	j.script.mu.Lock()
	defer j.script.mu.Unlock()
	if !j.stopped {
		j.tellRepeats("")
	}
	j.stopped = true
	for _, f := range j.queued {
		drop(f, errCancelled)
	}
	j.queued = nil
	if j.on != nil {
		for _, f := range j.on.kept {
			drop(f, errCancelled)
		}
		j.on.kept = nil
	}
	if j.timer != nil {
		j.timer.Stop()
	}
	j.leave()
}
