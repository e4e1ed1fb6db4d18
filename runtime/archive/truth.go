package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/hiklua/hiklua/runtime/archive/jpeg"
)

// timeForm is how times stand in a picture: RFC 3339, to the microsecond.
const timeForm = "2006-01-02T15:04:05.000000Z07:00"

// stamp is what the picture tells in itself.
func (p *Picture) stamp() *jpeg.Stamp {
	p.a.mu.Lock()
	zone := p.a.zone
	p.a.mu.Unlock()
	e := &p.Entry
	s := &jpeg.Stamp{Taken: e.Taken.In(zone), Make: p.Make, Model: p.Model, Description: describe(e)}
	add := func(name, value string) {
		if value != "" {
			s.Properties = append(s.Properties, jpeg.Property{Name: name, Value: value})
		}
	}
	add("Device", e.Device)
	add("Channel", strconv.Itoa(e.Channel))
	add("Name", e.Name)
	add("Label", e.Label)
	add("Event", e.Event)
	add("Taken", s.Taken.Format(timeForm))
	if !e.DeviceTime.IsZero() {
		add("DeviceTime", e.DeviceTime.Format(timeForm))
	}
	if h := e.Head; h != nil {
		if h.Zoom > 0 { // no zoom is less than 1: the position is known
			add("Pan", number(h.Pan))
			add("Tilt", number(h.Tilt))
			add("Zoom", number(h.Zoom))
		}
		add("Preset", h.Preset)
	}
	return s
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// describe says in words what a picture shows: "gate channel 1 (yard), alarm".
func describe(e *Entry) string {
	text := fmt.Sprintf("%s channel %d", e.Device, e.Channel)
	if e.Name != "" {
		text += " (" + e.Name + ")"
	}
	if e.Head != nil && e.Head.Preset != "" {
		text += ", preset " + e.Head.Preset
	}
	for _, more := range []string{e.Label, e.Event} {
		if more != "" {
			text += ", " + more
		}
	}
	return text
}

// ErrForeign says that a file is a picture that no archive has written.
var ErrForeign = errors.New("a picture that was not archived by hiklua")

// ReadEntry reads a file of an archive to its end and gives what it says of
// itself, all but its path. The error is that of r, or a *jpeg.FormatError if
// the file is no whole picture, or ErrForeign; the entry has size and hash then
// too.
func ReadEntry(r io.Reader) (Entry, error) {
	sum := sha256.New()
	count := &counter{w: sum}
	w := jpeg.NewWriter(io.Discard, nil)
	_, err := io.Copy(w, io.TeeReader(r, count))
	broken := w.Close()
	if err != nil && broken != nil {
		if _, rest := io.Copy(count, r); rest != nil { // the hash is of all of it
			return Entry{}, rest
		}
	}
	e := Entry{Size: count.n, Width: w.Info().Width, Height: w.Info().Height}
	sum.Sum(e.SHA256[:0])
	if broken != nil {
		return e, broken
	}
	if err != nil {
		return e, err
	}
	return e, e.read(w.Properties())
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return c.w.Write(b)
}

// read takes over what a picture tells in itself.
func (e *Entry) read(told map[string]string) error {
	channel, err := strconv.Atoi(told["Channel"])
	taken, noTime := time.Parse(timeForm, told["Taken"])
	if told["Device"] == "" || err != nil || noTime != nil {
		return ErrForeign
	}
	e.Device, e.Channel, e.Taken = told["Device"], channel, taken
	e.Name, e.Label, e.Event = told["Name"], told["Label"], told["Event"]
	e.DeviceTime, _ = time.Parse(timeForm, told["DeviceTime"])
	head := Head{Preset: told["Preset"]}
	head.Pan, _ = strconv.ParseFloat(told["Pan"], 64)
	head.Tilt, _ = strconv.ParseFloat(told["Tilt"], 64)
	head.Zoom, _ = strconv.ParseFloat(told["Zoom"], 64)
	if head != (Head{}) {
		e.Head = &head
	}
	return nil
}
