package runtime

import (
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// record puts something on record, if there is one.
func (h *Host) record(e journal.Entry) {
	if h.conf.Record != nil {
		h.conf.Record(e)
	}
}

// recordRun puts a run of a job on record: its task (nil: it got none), when it
// began, and, once it has ended, its error.
func (j *job) recordRun(kind journal.Kind, t *task, began time.Time, err error) {
	e := journal.Entry{Kind: kind, Time: began, Script: j.script.name, Job: j.name, Err: err}
	if t != nil {
		e.Task = t.name
	}
	if kind == journal.RunEnded {
		now := j.script.host.clk.Now()
		e.Time, e.Duration = now, now.Sub(began)
	}
	j.script.host.record(e)
}
