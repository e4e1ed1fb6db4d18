package timeline

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// command takes what a device was sent.
func (b *Builder) command(e journal.Entry) {
	b.count(e)
	part, stop := stops(e)
	switch {
	case e.Asks(), e.Script == "" && !e.Head && !stop: // the host's own
	case stop:
		b.stop(e, part)
	case moves(e):
		key := headKey{e.Device, e.Channel, partOf(e)}
		b.endMotion(key, e.Time)
		at := b.add(e, Action{Kind: Move, Text: b.words(e), Duration: e.Duration, Open: e.Err == nil})
		if e.Err == nil {
			b.motions[key] = at
		}
	case e.What == "snapshot":
		at := b.add(e, Action{Kind: Snapshot, Text: b.words(e), Duration: e.Duration})
		if e.Err == nil {
			b.shot(e, at)
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

// count adds a command to the traffic of its device.
func (b *Builder) count(e journal.Entry) {
	t := b.traffic[e.Device]
	if t == nil {
		t = &busiest{at: Traffic{Device: strings.Clone(e.Device)}}
		b.traffic[t.at.Device] = t
	}
	t.command(e.Time)
	if e.What != "snapshot" || e.Err != nil {
		return
	}
	t.at.Pictures++
	if b.o.PictureSize != nil {
		t.at.Bytes += b.o.PictureSize(e.Device, e.Channel, e.Detail == "sub")
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
	b.change(i, func(a *Action) { a.Open, a.Duration = false, max(at.Sub(a.Time), 0) })
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

const (
	// shotsKept is how many pictures of a task may wait to be archived, and
	// shotsFor how long.
	shotsKept = 16
	shotsFor  = time.Hour
	// shotsEach is how many pictures are taken until those are forgotten that have
	// waited for too long.
	shotsEach = 1000
)

// shot notes where a picture stands that a task has taken.
func (b *Builder) shot(e journal.Entry, at int) {
	key := shotKey{e.Device, e.Channel, e.Task}
	list := append(b.shots[key], shot{at, e.Time, e.Time.Add(e.Duration)})
	b.shots[key] = list[max(len(list)-shotsKept, 0):]
	if b.taken++; b.taken%shotsEach == 0 { // of tasks that archive nothing
		maps.DeleteFunc(b.shots, func(_ shotKey, list []shot) bool { return list[len(list)-1].end.Before(e.Time.Add(-shotsFor)) })
	}
}

// picture takes a picture in the archive: it is one that was taken before, or
// its command is not on record.
func (b *Builder) picture(e journal.Entry) {
	text := "archives a picture"
	if e.Name != "" {
		text += ", label " + e.Name
	}
	key := shotKey{e.Device, e.Channel, e.Task}
	list := b.shots[key]
	for i, taken := range list {
		if e.Time.Before(taken.begin) || e.Time.After(taken.end) {
			continue
		}
		b.change(taken.at, func(a *Action) { a.Text, a.Path = journal.Plain(text), e.Detail })
		if len(list) == 1 {
			delete(b.shots, key)
		} else {
			b.shots[key] = slices.Delete(list, i, i+1)
		}
		return
	}
	b.add(e, Action{Kind: Snapshot, Text: text, Path: e.Detail})
}

// run takes a run of a job: where it begins, where it ends, or that it was left
// out.
func (b *Builder) run(e journal.Entry) {
	switch e.Kind {
	case journal.RunBegun:
		at := b.add(e, Action{Kind: Run, Text: "runs", Open: true})
		b.runs[e.Task] = at
	case journal.RunSkipped:
		text := "is left out: the run before still goes on"
		if e.Err != nil {
			text = "is left out"
		}
		b.add(e, Action{Kind: Skip, Text: text})
	case journal.RunEnded:
		err := e.Err
		e.Err = nil
		i := b.runs[e.Task]
		if i == 0 { // a short run has one entry
			e.Time = e.Time.Add(-e.Duration)
			i = b.add(e, Action{Kind: Run, Text: "runs"})
		}
		delete(b.runs, e.Task)
		b.change(i, func(a *Action) {
			a.Open, a.Duration = false, e.Duration
			if b.cancelled(err) {
				a.Text = "is ended: " + oneLine(answer(err).Message)
				return
			}
			b.fail(a, err)
		})
	}
}

// host takes the start or the end of a real host. One that begins although the
// one before has not told of its end, after a crash or a power cut, finds nothing
// of what was going on then.
func (b *Builder) host(e journal.Entry) {
	text, ends, crashed := "the host begins", "the host ends", !b.last.IsZero() && !b.ended
	if e.Name != "" {
		text, ends, crashed = "this host begins to drive the share "+e.Name, "this host drives the share "+e.Name+" no more", b.shares[e.Name]
	}
	if e.What == "stop" {
		b.ended = true
		delete(b.shares, e.Name)
		b.add(e, Action{Kind: State, Text: ends})
		return
	}
	if e.Name != "" && !crashed {
		b.shares[e.Name] = true
		b.add(e, Action{Kind: State, Text: text})
		return
	}
	if crashed {
		text += "; the one before was last heard of at " + b.last.In(b.o.Zone).Format(timeText) + ", and did not end in an orderly way"
	}
	b.ended = false
	clear(b.shares)
	if e.Name != "" {
		b.shares[e.Name] = true
	}
	for _, i := range b.runs {
		b.change(i, func(a *Action) { a.Text, a.Open = "begins, and is cut off with its host", false })
	}
	for _, i := range b.motions {
		b.change(i, func(a *Action) { a.Open = false })
	}
	for _, i := range b.alarms {
		b.change(i, func(a *Action) { a.Open = false })
	}
	clear(b.runs)
	clear(b.motions)
	clear(b.alarms)
	clear(b.states)
	b.add(e, Action{Kind: State, Text: text})
}

// script takes what became of a script. That scripts are loaded when a rehearsal
// begins is no news.
func (b *Builder) script(e journal.Entry) {
	if !b.o.Real && e.Err == nil {
		return
	}
	what := e.What
	if e.Script == "" {
		what = "site.yaml " + what
	}
	kind := State
	if e.Err != nil {
		kind = Error
	}
	b.add(e, Action{Kind: kind, Text: "is " + what})
}

// event takes what was noticed. An alarm lasts from its start to its stop;
// what becomes of a device is a state.
func (b *Builder) event(e journal.Entry) {
	key := alarmKey{e.Device, e.Channel, e.What, e.Name}
	switch e.What {
	case "online", "offline", "locked", "unauthorized":
		known := b.states[e.Device]
		if b.states[e.Device] = true; e.Detail == "stop" || !known && e.What == "online" {
			return // the next state has its own entry; and online is as it should be
		}
		b.add(e, Action{Kind: State, Text: "is " + e.What})
		return
	case "moved":
		b.add(e, Action{Kind: Event, Text: "was turned by another hand"})
		return
	case "held":
		b.add(e, Action{Kind: Event, Text: "is driven by this host from now on"})
		return
	}
	if e.Detail == "stop" {
		if i := b.alarms[key]; i != 0 {
			delete(b.alarms, key)
			b.change(i, func(a *Action) { a.Open, a.Duration = false, max(e.Time.Sub(a.Time), 0) })
		}
		return
	}
	text := e.What
	if words, ok := hostEvents[e.What]; ok {
		text = words
	}
	if e.Name != "" {
		text += " (" + e.Name + ")"
	}
	if e.Device == "" {
		switch {
		case strings.HasPrefix(e.What, journal.Message):
			b.add(e, Action{Kind: Event, Text: "message " + text})
		case strings.HasPrefix(e.What, journal.Request):
			b.add(e, Action{Kind: Event, Text: "request to " + text})
		case e.Script == "":
			b.add(e, Action{Kind: Event, Text: "an operator emits " + text})
		}
		return // what scripts tell each other
	}
	at := b.add(e, Action{Kind: Event, Text: text, Open: e.Count == 0})
	if e.Count == 0 {
		b.alarms[key] = at
	}
}

// hostEvents are what the host notices, in words.
var hostEvents = map[string]string{
	"stale":   "tells nothing: what it notices is not known",
	"lost":    "may have to be given up to another host",
	"frozen":  "the picture stands still",
	"dark":    "the picture is dark",
	"blurred": "the picture is blurred",
	"gap":     "pictures are missing in the archive",
}

// oneLine makes a text fit for one line.
func oneLine(text string) string { return strings.Join(strings.Fields(journal.Plain(text)), " ") }

func itoa(n int) string { return strconv.Itoa(n) }
