package timeline

import (
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// command takes what a device was sent.
func (b *Builder) command(e journal.Entry) {
	part, stop := stops(e)
	switch {
	case asks(e), e.Script == "" && !e.Head && !stop: // the host's own
	case stop:
		b.stop(e, part)
	case moves(e):
		key := headKey{e.Device, e.Channel, partOf(e)}
		b.endMotion(key, e.Time)
		at := b.add(e, Action{Kind: Move, Text: b.words(e), Duration: e.Duration})
		if e.Err == nil {
			b.motions[key] = at
			b.actions[at-1].Open = true
		}
	case e.What == "snapshot":
		at := b.add(e, Action{Kind: Snapshot, Text: b.words(e), Duration: e.Duration})
		if e.Err == nil {
			b.shots[shotKey{e.Device, e.Channel, e.Task}] = at
		}
	case e.What == "preset":
		b.endMotion(headKey{e.Device, e.Channel, ""}, e.Time)
		b.add(e, Action{Kind: Preset, Text: b.words(e)})
	default:
		if e.Head {
			b.endMotion(headKey{e.Device, e.Channel, ""}, e.Time)
		}
		b.add(e, Action{Kind: Command, Text: b.words(e)})
	}
}

func (b *Builder) words(e journal.Entry) string {
	name := ""
	if strings.HasSuffix(e.What, "preset") {
		name = b.o.Preset(e.Device, e.Channel, e.Detail)
	}
	return Words(e, name)
}

// endMotion notes that a motion, if there is one, was over at a time.
func (b *Builder) endMotion(key headKey, at time.Time) (was bool) {
	i := b.motions[key]
	if i == 0 {
		return false
	}
	delete(b.motions, key)
	a := &b.actions[i-1]
	a.Open, a.Duration = false, max(at.Sub(a.Time), 0)
	return true
}

// stopsAgain is how long after a stop one more is the same: hiklua repeats
// stops that matter.
const stopsAgain = 5 * time.Second

// stop takes a stop: it is the end of a motion, or an action of its own.
func (b *Builder) stop(e journal.Entry, part string) {
	key := headKey{e.Device, e.Channel, part}
	e.Head = false // a head that stood still goes on to stand there
	if e.Err != nil {
		b.add(e, Action{Kind: Command, Text: b.words(e)})
		return
	}
	end := e.Time.Add(e.Duration)
	last, known := b.rested[key]
	b.rested[key] = end
	if b.endMotion(key, end) || known && e.Time.Sub(last) < stopsAgain {
		return
	}
	b.add(e, Action{Kind: Command, Text: b.words(e)})
}

// picture takes a picture in the archive: mostly that which was just taken.
func (b *Builder) picture(e journal.Entry) {
	text := "archives a picture"
	if e.Name != "" {
		text += ", label " + e.Name
	}
	key := shotKey{e.Device, e.Channel, e.Task}
	i := b.shots[key]
	if i == 0 {
		b.add(e, Action{Kind: Snapshot, Text: text, Path: e.Detail})
		return
	}
	delete(b.shots, key)
	a := &b.actions[i-1]
	a.Text, a.Path = b.once(text), strings.Clone(e.Detail)
	b.fail(a, e.Err)
}

// run takes a run of a job: where it begins, where it ends, or that it was left
// out.
func (b *Builder) run(e journal.Entry) {
	switch e.Kind {
	case journal.RunBegun:
		at := b.add(e, Action{Kind: Run, Text: "runs", Open: true})
		b.runs[b.actions[at-1].Task] = at
	case journal.RunSkipped:
		b.add(e, Action{Kind: Skip, Text: "is left out: the run before still goes on"})
	case journal.RunEnded:
		i := b.runs[e.Task]
		if i == 0 {
			i = b.add(e, Action{Kind: Run, Text: "runs"})
			b.actions[i-1].Time = e.Time.Add(-e.Duration)
		}
		delete(b.runs, e.Task)
		a := &b.actions[i-1]
		a.Open, a.Duration = false, e.Duration
		b.fail(a, e.Err)
	}
}

// event takes what was noticed. An alarm lasts from its start to its stop;
// what becomes of a device is a state.
func (b *Builder) event(e journal.Entry) {
	key := alarmKey{e.Device, e.Channel, e.What, e.Name}
	switch e.What {
	case "online", "offline", "locked", "unauthorized":
		known := b.states[e.Device]
		if b.states[e.Device] = true; !known && e.What == "online" {
			return // as it should be
		}
		b.add(e, Action{Kind: State, Text: "is " + e.What})
		return
	case "moved":
		b.add(e, Action{Kind: Event, Text: "was turned by another hand"})
		return
	}
	if e.Detail == "stop" {
		if i := b.alarms[key]; i != 0 {
			delete(b.alarms, key)
			a := &b.actions[i-1]
			a.Open, a.Duration = false, max(e.Time.Sub(a.Time), 0)
		}
		return
	}
	text := e.What
	if e.Name != "" {
		text += ", " + e.Name
	}
	at := b.add(e, Action{Kind: Event, Text: text, Open: true})
	b.alarms[key] = at
}

// oneLine makes a text fit for one line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func itoa(n int) string { return strconv.Itoa(n) }
