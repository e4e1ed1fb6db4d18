package runtime

import "github.com/hiklua/hiklua/runtime/journal"

// Entry is the record as the journal keeps it. Neither holds a secret: What
// and Detail are made of names and numbers, and errors of devices know no
// account.
func (r Record) Entry() journal.Entry {
	return journal.Entry{
		Time: r.Time, Device: r.Device, Channel: r.Channel,
		Script: r.Script, Job: r.Job, Task: r.Task, What: r.What, Detail: r.Detail,
		Err: r.Err, Duration: r.Duration, Waited: r.Waited,
	}
}
