package timeline

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// Options say how a Builder names things.
type Options struct {
	// Timeline has the head: Site, From, To, Zone, ... Its actions are the
	// Builder's.
	Timeline
	// Channel is the name of a channel in site.yaml; "": it has none.
	Channel func(device string, channel int) string
	// Preset is the name of a preset where its entry has none; "": it has none.
	Preset func(device string, channel int, id string) string
	// PictureSize is how many bytes a picture of a channel has, its sub stream's or
	// the main one's; nil: nothing is known.
	PictureSize func(device string, channel int, sub bool) int64
	// Explain tells the kind of an error, what it says, and its place. Nil: errors
	// are those of a journal.
	Explain func(error) Problem
}

// Problem is an error as a timeline has it.
type Problem struct {
	Kind    string // "unauthorized"
	Message string // one line
	File    string // "scripts/night.lua"; "": not known
	Line    int
}

// Record is a line of a host's log.
type Record struct {
	Time    time.Time
	Level   slog.Level
	Message string
	Device  string
	Channel int
	Script  string
	Job     string
	Task    string
	Kind    string // of an error
	File    string // where it happened
	Line    int
	Hint    string
	Attrs   []slog.Attr // the other keys
	Own     bool        // a script has logged it, with hik.log
}

// Builder makes the actions of a timeline from entries of a journal, lines of a
// log and what scripts print, in the order in which they come. It is not safe
// for use from several goroutines.
type Builder struct {
	o       Options
	actions *Actions
	runs    map[string]int     // by task: those that go on
	motions map[headKey]int    // that go on
	shots   map[shotKey][]shot // pictures that may be archived yet
	taken   int                // pictures so far
	alarms  map[alarmKey]int   // that go on
	rested  map[headKey]time.Time
	states  map[string]bool // devices whose state is known
	traffic map[string]*busiest
	last    time.Time       // when the latest entry was over
	ended   bool            // a host has, and the next has not begun
	shares  map[string]bool // of a cluster, that its host has begun to drive and not ended
}

// mayChange is how many of the last actions are at hand to be changed: most runs,
// motions and alarms end before so many others come.
const mayChange = 4096

type headKey struct {
	device  string
	channel int
	part    string // "": the head; "focus", "iris"
}

type shotKey struct {
	device  string
	channel int
	task    string
}

// shot is a picture that was taken: its action, and the time of its command.
type shot struct {
	at         int
	begin, end time.Time
}

type alarmKey struct {
	device  string
	channel int
	kind    string
	target  string
}

// onRecord reports whether an entry tells the same: the end of a run or of a
// task, and what became of a script, with its error.
func (r Record) onRecord() bool {
	has := func(key string) bool {
		return slices.ContainsFunc(r.Attrs, func(a slog.Attr) bool { return a.Key == key })
	}
	return r.Script != "" && (r.Task != "" || has("error") || r.Job != "" && has("since"))
}

// NewBuilder returns a Builder of a timeline without actions.
func NewBuilder(o Options) *Builder {
	if o.Channel == nil {
		o.Channel = func(string, int) string { return "" }
	}
	if o.Preset == nil {
		o.Preset = func(string, int, string) string { return "" }
	}
	if o.Explain == nil {
		o.Explain = answer
	}
	return &Builder{
		o: o, actions: &Actions{keep: mayChange, zone: o.Zone, end: o.To},
		runs: make(map[string]int), motions: make(map[headKey]int), shots: make(map[shotKey][]shot), alarms: make(map[alarmKey]int),
		rested: make(map[headKey]time.Time), states: make(map[string]bool),
		shares: make(map[string]bool), traffic: make(map[string]*busiest),
	}
}

// answer explains an error as the journal has it: a place comes first in its
// message.
func answer(err error) Problem {
	a, ok := errors.AsType[*journal.Answer](err)
	if !ok {
		return Problem{Kind: "error", Message: err.Error()}
	}
	p := Problem{Kind: a.Kind, Message: a.Message}
	if m := placed.FindStringSubmatch(a.Message); m != nil {
		p.File, p.Message = m[1], m[3]
		p.Line, _ = strconv.Atoi(m[2])
	}
	return p
}

var placed = regexp.MustCompile(`^((?:scripts|lib)/[^:]+\.lua):(\d+)(?::\d+)?: (.*)$`)

// cancelled reports whether an error says that something was told to end.
func (b *Builder) cancelled(err error) bool {
	a, ok := errors.AsType[*journal.Answer](err)
	return ok && a.Kind == "cancelled"
}

// Entry takes what is on record.
func (b *Builder) Entry(e journal.Entry) {
	if e.Dropped > 0 {
		b.put(Action{Time: e.Time, Kind: Error, Text: itoa(e.Dropped) + " entries are not on record: the disk was slow or full"})
		return
	}
	defer func() {
		if over := e.Time.Add(e.Duration); over.After(b.last) {
			b.last = over
		}
	}()
	switch e.Kind {
	case journal.Command:
		b.command(e)
	case journal.RunBegun, journal.RunEnded, journal.RunSkipped:
		b.run(e)
	case journal.Failed:
		b.add(e, Action{Kind: Error, Text: "fails"})
	case journal.Event:
		b.event(e)
	case journal.Picture:
		b.picture(e)
	case journal.Notice:
		verb := "tells "
		if strings.HasPrefix(e.What, journal.Message) {
			verb = "publishes "
		}
		b.add(e, Action{Kind: Notice, Text: strings.TrimSuffix(verb+e.What+": "+oneLine(e.Detail), ": ")})
	case journal.Script:
		b.script(e)
	case journal.Host:
		if b.o.Real {
			b.host(e)
		}
	}
}

// Log takes a line of the host's log. Errors and warnings are actions; other
// lines are, if a script has logged them, as what it prints.
func (b *Builder) Log(r Record) {
	a := Action{Time: r.Time, Kind: Error, Text: oneLine(r.Message), Device: r.Device, Channel: r.Channel, Script: r.Script, Job: r.Job, Task: r.Task}
	switch {
	case r.Level < slog.LevelWarn && !r.Own:
		return
	case r.Level < slog.LevelWarn:
		a.Kind = Print
	case !r.Own && (r.onRecord() || r.Level < slog.LevelError && r.Device != "" && r.Channel == 0):
		return // what becomes of a device is an event, too
	}
	a.Failed, a.Message = r.Kind, r.Hint
	b.place(&a, r.File, r.Line)
	b.put(a)
}

// Print takes a line that a script prints.
func (b *Builder) Print(at time.Time, script, text string) {
	b.put(Action{Time: at, Kind: Print, Script: script, Text: oneLine(text)})
}

// Add takes an action that is on no record.
func (b *Builder) Add(a Action) { b.put(a) }

// Timeline is what has come. What has not ended is open. Its actions are those of
// the Builder: nothing may come any more.
func (b *Builder) Timeline() Timeline {
	t := b.o.Timeline
	t.Actions = b.actions
	for _, name := range slices.Sorted(maps.Keys(b.traffic)) {
		t.Traffic = append(t.Traffic, b.traffic[name].at)
	}
	return t
}

// add adds an action of an entry, and says where it stands.
func (b *Builder) add(e journal.Entry, a Action) int {
	a.Time, a.Device, a.Channel = e.Time, e.Device, e.Channel
	a.Script, a.Job, a.Task, a.Head = e.Script, e.Job, e.Task, e.Head
	if e.Count > 0 {
		a.Text += ", and " + itoa(e.Count) + " more like it"
	}
	b.fail(&a, e.Err)
	return b.put(a)
}

// put adds an action. Indexes begin with 1.
func (b *Builder) put(a Action) int {
	if a.Device != "" {
		a.Place = a.Device
		if name := b.o.Channel(a.Device, a.Channel); name != "" {
			a.Place += "/" + name
		} else if a.Channel != 0 {
			a.Place += "/" + itoa(a.Channel)
		}
	}
	if !b.o.Real {
		a.Text, a.Message = withoutAddresses(a.Text), withoutAddresses(a.Message)
	}
	for _, text := range a.texts() { // what devices and scripts write reaches a terminal as text only
		*text = journal.Plain(*text)
	}
	b.actions.Add(a)
	return b.actions.Len()
}

// change changes an action that was put.
func (b *Builder) change(at int, how func(*Action)) { b.actions.change(at-1, how) }

// withoutAddresses leaves out where in memory a value lies, as tostring tells it:
// it is another place each time.
func withoutAddresses(text string) string {
	if !strings.Contains(text, ": 0x") {
		return text
	}
	return address.ReplaceAllString(text, "$1: 0x...")
}

var address = regexp.MustCompile(`\b(table|function|thread|userdata): 0x[0-9a-f]+`)

// fail notes an error in an action.
func (b *Builder) fail(a *Action, err error) {
	if err == nil {
		return
	}
	p := answer(err)
	if _, told := errors.AsType[*journal.Answer](err); !told {
		p = b.o.Explain(err)
	}
	a.Failed, a.Message = cmp.Or(p.Kind, "error"), oneLine(p.Message)
	b.place(a, p.File, p.Line)
}

// place notes where an error happened: in the action's own script, or elsewhere.
func (b *Builder) place(a *Action, file string, line int) {
	switch {
	case file == "":
	case a.Script != "" && file == "scripts/"+a.Script+".lua":
		a.Line = line
	default:
		at := file
		if line > 0 {
			at += ":" + itoa(line)
		}
		a.Message = strings.TrimSuffix(at+": "+a.Message, ": ")
	}
}
