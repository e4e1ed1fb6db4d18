package happening

import (
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/schedule"
)

// AlarmFor is how long an alarm goes on for which no time is given.
const AlarmFor = 5 * time.Second

// Happening is one line of a file of events: when, and what.
type Happening struct {
	File string
	Line int
	Text string // as it was written, without a comment
	What What

	when   schedule.Schedule // nil: at random
	until  schedule.Schedule // the end of a span; nil: there is none
	length time.Duration     // of a span, by the wall clock
	random *random
}

// MoveTo has it happen once, at t. A line of text can't tell the two hours apart
// that come when clocks are put back.
func (h *Happening) MoveTo(t time.Time) { h.when, h.random = schedule.OnceAt(t), nil }

// What is what happens: one of an alarm, a fault and an emission.
type What struct {
	Device  string // of site.yaml; "": an emission, or, at random, any device
	Channel int    // of an alarm; 0: the device itself
	Alarm   sim.Alert
	Fault   sim.Fault
	State   State
	For     time.Duration // 0: until it is stopped

	Emit  string // the name that is emitted
	Value any    // as luaapi.Task.Emit takes it
}

// State says whether something begins or ends.
type State string

// The states.
const (
	Once  State = ""      // it begins, and ends by itself
	Start State = "start" // it begins, and goes on until it is stopped
	Stop  State = "stop"  // it ends
)

// Do has it happen to a simulated device. It does nothing for an emission.
func (w What) Do(d *sim.Device) {
	switch {
	case w.Emit != "":
	case w.Fault.Name != "" && w.State == Stop:
		d.RemoveFault(w.Fault.Name)
	case w.Fault.Name != "":
		f := w.Fault
		f.To = w.For
		d.AddFault(f)
	case w.State == Stop:
		d.Clear(w.Alarm)
	default:
		a := w.Alarm
		a.For = w.For
		d.Raise(a)
	}
}
