package timeline

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"time"
)

// packer packs actions. A block stands for itself: what its actions say comes
// first, each once, then a column for each thing in which those that say the same
// differ. All is varints and texts, deflated.
type packer struct {
	plain    []byte
	deflated bytes.Buffer
	deflate  *flate.Writer
	inflate  io.ReadCloser
}

func newPacker() *packer {
	p := &packer{inflate: flate.NewReader(nil)}
	p.deflate, _ = flate.NewWriter(nil, flate.BestSpeed) // fails for a level that there is not
	return p
}

// packed is what is packed of an action beside what it says.
type packed struct {
	time, duration int64 // nanoseconds
	number         int64 // of the task, plus one; 0: its name has none
	says           int   // an index
}

// pack packs blockSize actions.
func (p *packer) pack(actions []Action) block {
	var rows [blockSize]packed
	var words []Action // what they say
	known := make(map[Action]int)
	for i, a := range actions {
		row := &rows[i]
		row.time, row.duration = a.Time.UnixNano(), int64(a.Duration)
		a.Task, row.number = splitNumber(a.Task)
		a.Time, a.Duration, a.Path = time.Time{}, 0, ""
		says, ok := known[a]
		if !ok {
			says = len(words)
			known[a] = says
			words = append(words, a)
		}
		row.says = says
	}
	w := &writer{p.plain[:0]}
	w.number(int64(len(words)))
	for i := range words {
		w.words(&words[i])
	}
	var before packed
	for _, row := range rows {
		w.number(row.time - before.time)
		before = row
	}
	for _, row := range rows {
		w.number(row.duration)
	}
	for _, row := range rows {
		w.number(int64(row.says))
	}
	before = packed{}
	for _, row := range rows {
		w.number(row.number - before.number)
		before = row
	}
	path := ""
	for i := range actions {
		same := shared(path, actions[i].Path)
		w.number(int64(same))
		w.text(actions[i].Path[same:])
		path = actions[i].Path
	}
	p.plain = w.to

	p.deflated.Reset()
	p.deflate.Reset(&p.deflated)
	p.deflate.Write(p.plain)
	p.deflate.Close()
	return block{bytes.Clone(p.deflated.Bytes()), firstOf(actions)}
}

// unpack appends the actions of a block.
func (p *packer) unpack(to []Action, b block) []Action {
	p.inflate.(flate.Resetter).Reset(bytes.NewReader(b.data), nil)
	p.deflated.Reset()
	p.deflated.ReadFrom(p.inflate)
	r := &reader{p.deflated.String()}
	words := make([]Action, r.number())
	for i := range words {
		r.words(&words[i])
	}
	var rows [blockSize]packed
	var before packed
	for i := range rows {
		rows[i].time = before.time + r.number()
		before = rows[i]
	}
	for i := range rows {
		rows[i].duration = r.number()
	}
	for i := range rows {
		rows[i].says = int(r.number())
	}
	before = packed{}
	for i := range rows {
		rows[i].number = before.number + r.number()
		before = rows[i]
	}
	path := ""
	for _, row := range rows {
		a := words[row.says]
		a.Time, a.Duration = time.Unix(0, row.time), time.Duration(row.duration)
		if row.number > 0 {
			a.Task += strconv.FormatInt(row.number-1, 10)
		}
		path = strings.Clone(path[:r.number()] + r.text()) // not a part of the whole block
		a.Path = path
		to = append(to, a)
	}
	return to
}

// splitNumber takes the number from the name of a task: "night/tour#3" is
// "night/tour#" and 3, plus one; 0: it ends with none.
func splitNumber(name string) (rest string, number int64) {
	rest = strings.TrimRight(name, "0123456789")
	digits := name[len(rest):]
	if n, err := strconv.ParseInt(digits, 10, 53); err == nil && strconv.FormatInt(n, 10) == digits {
		return rest, n + 1
	}
	return name, 0
}

// shared is how many bytes two texts begin with that are the same.
func shared(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// writer writes numbers and texts one after another.
type writer struct{ to []byte }

func (w *writer) number(n int64) { w.to = binary.AppendVarint(w.to, n) }

func (w *writer) text(s string) {
	w.number(int64(len(s)))
	w.to = append(w.to, s...)
}

func (w *writer) flag(set bool) {
	if set {
		w.number(1)
	} else {
		w.number(0)
	}
}

// words writes what an action says.
func (w *writer) words(a *Action) {
	for _, s := range a.texts() {
		w.text(*s)
	}
	w.text(string(a.Kind))
	w.number(int64(a.Channel))
	w.number(int64(a.Line))
	w.flag(a.Open)
	w.flag(a.Head)
}

// texts are what an action says in words.
func (a *Action) texts() []*string {
	return []*string{&a.Device, &a.Place, &a.Script, &a.Job, &a.Task, &a.Text, &a.Failed, &a.Message}
}

// reader reads what a writer has written.
type reader struct{ from string }

func (r *reader) number() int64 {
	n, size := binary.Varint([]byte(r.from[:min(len(r.from), binary.MaxVarintLen64)]))
	r.from = r.from[size:]
	return n
}

func (r *reader) text() string {
	n := r.number()
	s := r.from[:n]
	r.from = r.from[n:]
	return s
}

func (r *reader) flag() bool { return r.number() == 1 }

func (r *reader) words(a *Action) {
	for _, s := range a.texts() {
		*s = r.text()
	}
	a.Kind = Kind(r.text())
	a.Channel, a.Line = int(r.number()), int(r.number())
	a.Open, a.Head = r.flag(), r.flag()
}
