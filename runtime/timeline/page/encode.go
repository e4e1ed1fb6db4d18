package page

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
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
	Paths    []string        `json:"paths"` // of pictures, in the order of the columns
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

// mark is an action on its way into the columns.
type mark struct {
	start, length       int64
	number              uint64 // of the task, plus one; 0: its name has none
	track, label, giver int
	path                string // of a picture in the archive
	open                bool
}

// columns are the marks in the order in which they are written: by lane, by
// track, by time.
type columns []mark

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
	for i, m := range c {
		if i > 0 && c[i-1].track == m.track {
			put(uint64(m.start - c[i-1].start))
		} else {
			put(0)
		}
	}
	for _, m := range c {
		n := uint64(m.length) << 2
		if m.open {
			n |= 1
		}
		if m.path != "" {
			n |= 2
		}
		put(n)
	}
	for _, m := range c {
		put(uint64(m.label))
	}
	for _, m := range c {
		put(uint64(m.giver))
	}
	last := make([]uint64, len(h.Givers))
	for _, m := range c {
		w.Write(buffer[:binary.PutVarint(buffer[:], int64(m.number-last[m.giver]))])
		last[m.giver] = m.number
	}
	return w.Flush() // bufio keeps the first error
}

// encode makes the head and the columns of a timeline.
func encode(t *timeline.Timeline, o Options) (*head, columns) {
	e := &encoder{timeline: t, by: cmp.Or(o.By, timeline.ByDevice)}
	c, lanes := e.arrange(e.marks())
	findings := make([]finding, len(t.Findings))
	for i, f := range t.Findings {
		findings[i] = finding{e.since(f.Time), e.laneOfFinding(f), f.Text, findingPlace(f)}
	}
	paths := []string{}
	for _, m := range c {
		if m.path != "" {
			paths = append(paths, m.path)
		}
	}
	// No nil: a browser would read null.
	return &head{
		From: t.From.UnixMilli(), Span: t.To.Sub(t.From).Milliseconds(), Offsets: offsets(t), Nights: append([][2]int64{}, nights(t)...),
		Kinds: append([]timeline.Kind{}, e.kinds.all...), Labels: append([]label{}, e.labels.all...), Paths: paths, Givers: append([]giver{}, e.givers.all...),
		Lanes: lanes, Findings: findings,
	}, c
}

// encoder collects what actions share.
type encoder struct {
	timeline *timeline.Timeline
	by       timeline.By

	kinds  table[timeline.Kind]
	labels table[label]
	givers table[giver]
	lanes  table[row]
	tracks table[trackKey]
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

// marks are the actions, by time, and the stretches between them.
func (e *encoder) marks() columns {
	c := make(columns, 0, e.timeline.Actions.Len()*5/4)
	last := make(map[stretchOf]int) // the mark of the stretch that goes on
	// stretch adds one that begins with m, or only ends the one before.
	stretch := func(of stretchOf, m mark, lane int, says *label) {
		if i, ok := last[of]; ok {
			c[i].length, c[i].open = max(m.start-c[i].start, 0), false
			delete(last, of)
		}
		if says == nil {
			return
		}
		m.start, m.path = m.start+m.length, ""
		m.length, m.open = max(e.since(e.timeline.To)-m.start, 0), true
		m.track, m.label = e.tracks.of(trackKey{lane, e.kinds.of(of.kind), false}), e.labels.of(*says)
		last[of] = len(c)
		c = append(c, m)
	}
	for a := range e.timeline.Actions.All() {
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
		c = append(c, m)
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
	return c
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
