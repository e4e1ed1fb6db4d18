package happening

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

// Words are what a device may notice or suffer: event words, then faults.
func Words() []string { return append(isapi.AlertWords(), sim.FaultNames()...) }

// ParseWhat reads what hiklua emit is given for a device: "gate motion", "gate/yard
// intrusion human", "gate offline 2m", "gate offline stop". The error is one
// line.
func ParseWhat(text string, s *site.Site) (What, error) {
	p := &parser{site: s, text: text, left: wordsOf(text)}
	w := p.deviceWhat(p.place(), true)
	p.end()
	if p.problem != nil {
		return What{}, errors.New(p.problem.Message)
	}
	return w, nil
}

// what reads what happens: behind a place, or "emit NAME [JSON]".
func (p *parser) what(free bool) What {
	if p.peek() == "emit" {
		return p.emission()
	}
	return p.deviceWhat(p.place(), free)
}

// deviceWhat reads what a device notices or suffers. free: how long may be said.
func (p *parser) deviceWhat(pl place, free bool) (w What) {
	w.Device = pl.device.Name
	kind, ok := p.next()
	switch {
	case p.problem != nil:
	case !ok:
		p.refuse(kind, "what happens to %s? An event such as motion, or a fault such as offline", pl.at.text)
	case slices.Contains(sim.FaultNames(), strings.ToLower(kind.text)):
		if pl.channel != 0 {
			p.refuse(pl.at, "%s is a fault of the whole device: %[2]s %[1]s", kind.text, pl.device.Name)
		}
		w.Fault.Name = strings.ToLower(kind.text)
		p.faultValue(&w)
	default:
		w.Alarm.Type = p.alarmType(kind)
		if p.problem == nil {
			p.alarmPlace(&w, pl)
			p.alarmDetails(&w)
		}
	}
	p.duration(&w, free)
	return w
}

// alarmType is an event word, or a type as devices write it.
func (p *parser) alarmType(kind word) string {
	words := isapi.AlertWords()
	lower := strings.ToLower(kind.text)
	if slices.Contains(words, lower) {
		return lower
	}
	if known, ok := isapi.AlertType(kind.text); ok {
		return known
	}
	if lower != kind.text {
		return kind.text // of the device's own
	}
	switch kind.text {
	case "online":
		p.refuse(kind, `%q is the end of a fault: "offline stop", or "02:00-02:20 DEVICE offline"`, kind.text)
	case "stale":
		p.refuse(kind, "%q is what hiklua finds when events stay away: the fault is stream-silent", kind.text)
	case "unauthorized":
		p.refuse(kind, "%q is what hiklua finds when a login is refused: the fault is wrong-password", kind.text)
	default:
		if luaapi.HostEvent(kind.text) {
			p.refuse(kind, "%q is what hiklua finds out by itself: no device tells of it", kind.text)
			return ""
		}
		p.refuse(kind, "no event or fault is called %q%s", kind.text, wordHint(kind.text))
	}
	return ""
}

func wordHint(typed string) string {
	if hint := nearest.Hint(typed, Words()); hint != "" {
		return hint
	}
	return "; there are " + strings.Join(Words(), ", ")
}

// alarmPlace finds the channel of an alarm.
func (p *parser) alarmPlace(w *What, pl place) {
	switch w.Alarm.Type {
	case "io":
		w.Alarm.Port = 1
		w.Channel = pl.channel // of the input; the device tells only the port
		return
	case "storage_full", "storage_error", "login_failed":
		if pl.channel != 0 {
			p.refuse(pl.at, "%s is an event of the whole device: %[2]s %[1]s", w.Alarm.Type, pl.device.Name)
		}
		return
	}
	w.Channel = pl.channel
	if w.Channel == 0 && pl.device.Name != "" {
		w.Channel = p.only(pl)
	}
	w.Alarm.Channel = w.Channel
}

// alarmDetails reads "human", "region 2", "input 3", in any order.
func (p *parser) alarmDetails(w *What) {
	for p.problem == nil {
		switch p.peek() {
		case "human", "vehicle":
			target, _ := p.next()
			w.Alarm.Target = target.text
		case "region":
			w.Alarm.Region = p.number(64)
		case "input":
			if w.Alarm.Type != "io" {
				at, _ := p.next()
				p.refuse(at, "only an event io comes from an input")
				return
			}
			w.Alarm.Port = p.number(64)
		default:
			return
		}
	}
}

// number reads a word and the number behind it.
func (p *parser) number(most int) int {
	name, _ := p.next()
	w, ok := p.next()
	n, err := strconv.Atoi(w.text)
	if !ok || err != nil || n < 1 || n > most {
		p.refuse(w, "behind %q comes a number, 1 to %d", name.text, most)
	}
	return n
}

// faultValue reads the value of a fault that has one: "slow 2s".
func (p *parser) faultValue(w *What) {
	f := &w.Fault
	switch f.Name {
	case "slow", "late", "clock-wrong":
	default:
		return
	}
	text := p.peek()
	if text == "" || text == "for" || text == string(Start) || text == string(Stop) {
		return
	}
	value, _ := p.next()
	plain, signed := strings.CutPrefix(text, "-")
	d, err := clock.ParseDuration(plain)
	if err == nil && signed && f.Name != "clock-wrong" {
		err = errors.New("negative")
	}
	if err != nil {
		p.refuse(value, "%q is no time for %s, such as 2s", text, f.Name)
	}
	f.Value = d.String()
	if signed {
		f.Value = "-" + f.Value
	}
}

// duration reads how long it lasts: "for 20s", "20s", "start" or "stop".
func (p *parser) duration(w *What, free bool) {
	if p.problem != nil {
		return
	}
	alarm := w.Alarm.Type != ""
	if alarm {
		w.For = AlarmFor
	}
	next := p.peek()
	if next == "" || next == "between" || next == "seed" || strings.Contains(next, "/") {
		return
	}
	at, _ := p.next()
	if !free {
		p.refuse(at, "%q: the line says already from when to when", at.text)
		return
	}
	switch at.text {
	case string(Start), string(Stop):
		w.State, w.For = State(at.text), 0
		return
	case "for":
		at, _ = p.next()
	}
	d, err := clock.ParseDuration(at.text)
	switch {
	case err != nil && strings.Trim(at.text, "0123456789.") == at.text && at.text != "":
		options := []string{"for", "start", "stop"}
		if alarm {
			options = append(options, "human", "vehicle", "region", "input")
		}
		p.refuse(at, "%q is not understood%s; how long it lasts is %q", at.text, nearest.Hint(at.text, options), "for 20s")
	case err != nil || d < time.Millisecond:
		p.refuse(at, "%q is no time that something lasts, such as 20s", at.text)
	}
	w.For = d
}

// emission reads "emit NAME [JSON]". The JSON goes to the end of the line.
func (p *parser) emission() (w What) {
	verb, _ := p.next()
	name, ok := p.next()
	if !ok {
		p.refuse(word{at: verb.at}, `emit is followed by a name: "emit closing"`)
		return w
	}
	w.Emit = name.text
	if err := luaapi.CheckToldName(name.text); err != nil {
		p.refuse(name, "%v", err)
		return w
	}
	if len(p.left) == 0 {
		return w
	}
	at := p.left[0]
	rest := p.text[at.at:]
	dec := json.NewDecoder(strings.NewReader(rest))
	var v any
	if err := dec.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends too early")
		}
		p.refuse(at, "what is emitted is no JSON: %v", err)
		return w
	}
	w.Value = luaapi.EmittedValue(v)
	tail := int(dec.InputOffset())
	p.left = nil
	for _, more := range wordsOf(rest[tail:]) {
		p.left = append(p.left, word{more.text, at.at + tail + more.at})
	}
	return w
}
