package page

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/timeline"
)

// What the page adds to a timeline's kinds: stretches between two actions.
const (
	dwell timeline.Kind = "dwell" // a head stands at a preset, until something moves it
	away  timeline.Kind = "away"  // a device is offline, locked or unauthorized, until it is online
)

// head is all but the columns. A browser reads it as JSON.
type head struct {
	From     int64           `json:"from"` // Unix time in milliseconds
	Span     int64           `json:"span"` // milliseconds
	Offsets  []offset        `json:"offsets"`
	Nights   [][2]int64      `json:"nights"`
	Kinds    []timeline.Kind `json:"kinds"`
	Labels   []label         `json:"labels"`
	Paths    json.RawMessage `json:"paths"` // of pictures, in the order of the columns
	Givers   []giver         `json:"givers"`
	Lanes    []lane          `json:"lanes"`
	Findings []finding       `json:"findings"`
}

// lane is a row of the picture: a channel, a device, a job or a script.
type lane struct {
	Name   string  `json:"name"`
	Tracks []track `json:"tracks"`
}

// track is what a lane has of one kind, failed or not. Its actions lie one after
// another in each column.
type track struct {
	Kind   int   `json:"kind"` // an index of Kinds
	Failed bool  `json:"failed,omitempty"`
	Count  int   `json:"count"`
	First  int64 `json:"first"` // when the first one began; may lie before the span
}

// label is what an action says.
type label struct {
	Text    string `json:"text"`
	Place   string `json:"place,omitempty"` // where its lane does not say it
	Failed  string `json:"failed,omitempty"`
	Message string `json:"message,omitempty"`
	Line    int    `json:"line,omitempty"`
}

// giver is who gave an action: the name of a task without its number.
type giver struct {
	Script string `json:"script,omitempty"`
	Job    string `json:"job,omitempty"`
	Task   string `json:"task,omitempty"`
}

type finding struct {
	Time  int64  `json:"time"`
	Lane  int    `json:"lane"` // -1: none
	Text  string `json:"text"`
	Place string `json:"place,omitempty"`
}

// columns are the strips in the order in which they are written: by lane, by
// track.
type columns []*strip

// paths are those of pictures, as a list in JSON.
func (c columns) paths() json.RawMessage {
	list := []byte("[")
	for _, s := range c {
		list = append(list, s.paths...)
	}
	if len(list) > 1 {
		list = slices.Delete(list, 1, 2) // the first comma
	}
	return append(list, ']')
}

// write writes the head, after its length, and the columns: for all marks how
// long after the one before in its track it began (0 for the first); how long it
// lasted, times four, plus one if it was still open, plus two if it has the next of
// the paths; its label; its giver; the task's number, less the giver's last one.
// All are varints, the last zigzag.
func (c columns) write(to io.Writer, h *head) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(to, 1<<16)
	var buffer [binary.MaxVarintLen64]byte
	put := func(n uint64) { w.Write(buffer[:binary.PutUvarint(buffer[:], n)]) }
	put(uint64(len(text)))
	w.Write(text)
	for _, s := range c {
		last := s.first()
		for r := range s.all {
			put(uint64(r.start - last))
			last = r.start
		}
	}
	for _, column := range []func(markRow) uint64{
		func(r markRow) uint64 { return r.length }, func(r markRow) uint64 { return r.label }, func(r markRow) uint64 { return r.giver },
	} {
		for _, s := range c {
			for r := range s.all {
				put(column(r))
			}
		}
	}
	last := make([]uint64, len(h.Givers))
	for _, s := range c {
		for r := range s.all {
			w.Write(buffer[:binary.PutVarint(buffer[:], int64(r.number-last[r.giver]))])
			last[r.giver] = r.number
		}
	}
	return w.Flush() // bufio keeps the first error
}

// encode makes the head and the columns of a timeline, of n actions.
func encode(t *timeline.Timeline, o Options) (h *head, c columns, n int) {
	e := &encoder{timeline: t, by: cmp.Or(o.By, timeline.ByDevice), full: o.Full}
	n = e.marks()
	c, lanes := e.arrange()
	findings := make([]finding, len(t.Findings))
	for i, f := range t.Findings {
		findings[i] = finding{e.since(f.Time), e.laneOfFinding(f), f.Text, findingPlace(f)}
	}
	// No nil: a browser would read null.
	return &head{
		From: t.From.UnixMilli(), Span: t.To.Sub(t.From).Milliseconds(), Offsets: offsets(t), Nights: append([][2]int64{}, nights(t)...),
		Kinds: append([]timeline.Kind{}, e.kinds.all...), Labels: append([]label{}, e.labels.all...), Paths: c.paths(), Givers: append([]giver{}, e.givers.all...),
		Lanes: lanes, Findings: findings,
	}, c, n
}

// encoder collects what actions share.
type encoder struct {
	timeline *timeline.Timeline
	by       timeline.By
	full     bool // also what scripts print

	kinds  table[timeline.Kind]
	labels table[label]
	givers table[giver]
	lanes  table[row]
	tracks table[trackKey]
	strips []*strip // by track
}

// table numbers values in the order in which they come.
type table[T comparable] struct {
	all   []T
	index map[T]int
}

func (t *table[T]) of(v T) int {
	i, ok := t.index[v]
	if !ok {
		if t.index == nil {
			t.index = make(map[T]int)
		}
		i = len(t.all)
		t.all, t.index[v] = append(t.all, v), i
	}
	return i
}

func (e *encoder) since(t time.Time) int64 {
	return t.UnixMilli() - e.timeline.From.UnixMilli()
}

// stretchOf is what a stretch belongs to: the head of a channel, or a device.
type stretchOf struct {
	kind    timeline.Kind
	device  string
	channel int
}

func (s stretchOf) compare(o stretchOf) int {
	return cmp.Or(strings.Compare(string(s.kind), string(o.kind)), strings.Compare(s.device, o.device), s.channel-o.channel)
}

// marks puts the actions, and the stretches between them, into strips, and counts
// the actions.
func (e *encoder) marks() (n int) {
	going := make(map[stretchOf]mark) // the stretches that go on
	// stretch begins one after m, or only ends the one before.
	stretch := func(of stretchOf, m mark, lane int, says *label) {
		if one, ok := going[of]; ok {
			one.length, one.open = max(m.start-one.start, 0), false
			e.put(one)
			delete(going, of)
		}
		if says == nil {
			return
		}
		m.start, m.path = m.start+m.length, ""
		m.length, m.open = max(e.since(e.timeline.To)-m.start, 0), true
		m.track, m.label = e.tracks.of(trackKey{lane, e.kinds.of(of.kind), false}), e.labels.of(*says)
		going[of] = m
	}
	for a := range e.timeline.Actions.All() {
		if a.Kind == timeline.Print && !e.full {
			continue
		}
		n++
		r := e.rowOf(&a)
		lane, failed := e.lanes.of(r), a.Failed != "" || a.Kind == timeline.Error
		says := label{Text: a.Text, Failed: a.Failed, Message: a.Message, Line: a.Line}
		if a.Place != r.name {
			says.Place = a.Place
		}
		m := mark{
			start: e.since(a.Time), length: max(a.Duration.Milliseconds(), 0), open: a.Open,
			track: e.tracks.of(trackKey{lane, e.kinds.of(a.Kind), failed}), label: e.labels.of(says), path: a.Path,
		}
		task, number := splitTask(a.Task)
		m.giver, m.number = e.givers.of(giver{a.Script, a.Job, task}), number
		e.put(m)
		switch {
		case a.Head && a.Kind == timeline.Preset && !failed:
			stretch(stretchOf{dwell, a.Device, a.Channel}, m, lane, &label{Text: "at " + strings.TrimPrefix(a.Text, "goes to "), Place: says.Place})
		case a.Head:
			stretch(stretchOf{dwell, a.Device, a.Channel}, m, lane, nil)
		case a.Kind == timeline.State && a.Device != "" && a.Text != "is online":
			stretch(stretchOf{away, a.Device, 0}, m, lane, &label{Text: a.Text, Place: says.Place})
		case a.Kind == timeline.State && a.Device != "":
			stretch(stretchOf{away, a.Device, 0}, m, lane, nil)
		}
	}
	for _, of := range slices.SortedFunc(maps.Keys(going), stretchOf.compare) {
		e.put(going[of])
	}
	return n
}

// put puts a mark into the strip of its track.
func (e *encoder) put(m mark) {
	for len(e.strips) <= m.track {
		e.strips = append(e.strips, &strip{})
	}
	e.strips[m.track].add(m)
}

// splitTask takes the number from the name of a task: "night/tour#3" is
// "night/tour#" and 3, plus one.
func splitTask(name string) (task string, number uint64) {
	i := strings.LastIndexByte(name, '#') + 1
	if n, err := strconv.ParseUint(name[i:], 10, 53); i > 0 && err == nil && strconv.FormatUint(n, 10) == name[i:] {
		return name[:i], n + 1
	}
	return name, 0
}
