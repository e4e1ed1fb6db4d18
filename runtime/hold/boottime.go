package hold

import "time"

// BootTime is a time of the machine's boot clock, since the machine was started.
// It goes on in suspend, is set by no one, and is good for distances alone.
type BootTime time.Duration

// Add gives the time so much later.
func (t BootTime) Add(d time.Duration) BootTime { return t + BootTime(d) }

// Sub gives the distance from other to t.
func (t BootTime) Sub(other BootTime) time.Duration { return time.Duration(t - other) }
