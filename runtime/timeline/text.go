package timeline

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
)

// TextOptions say how a timeline is written.
type TextOptions struct {
	By   By   // "": ByDevice
	Full bool // nothing is folded, and what scripts print is there
	// Brief leaves out the name of the site and the summary: what is left changes
	// only with what the site does.
	Brief bool
}

// Text writes a timeline for people: under the name of each lane a line for
// each action, or for all those that come again and again.
func (t Timeline) Text(to io.Writer, o TextOptions) error {
	w := &textWriter{w: to, t: t, o: o}
	w.head()
	for _, l := range t.lanes(cmp.Or(o.By, ByDevice), o.Full) {
		w.lane(l)
	}
	w.findings()
	if !o.Brief {
		w.summary()
	}
	return w.err
}

type textWriter struct {
	w   io.Writer
	t   Timeline
	o   TextOptions
	err error
}

func (w *textWriter) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}

const (
	// timeText is a time of a timeline: the year stands in its head.
	timeText = "Mon 02 Jan 15:04:05"
	dayText  = "Mon 02 Jan 2006 15:04"
)

// span is from when to when: with seconds, if minutes do not tell how long it is.
func (t Timeline) span() string {
	layout := dayText
	if t.To.Sub(t.From)%time.Minute != 0 {
		layout += ":05"
	}
	return t.From.Format(layout) + " to " + t.To.Format(layout)
}

func (w *textWriter) head() {
	t := w.t
	if !w.o.Brief {
		w.printf("%s: ", t.Site)
	}
	w.printf("%s, %s of %s", t.span(), spanText(t.To.Sub(t.From)), t.Zone)
	for _, c := range t.changes() {
		w.printf("\nthe clocks change at %s from %s to %s", c.Format(timeText), c.Add(-time.Second).Format("MST"), c.Format("MST"))
	}
	w.printf("\n")
}

// changes are the instants at which the clocks are changed.
func (t Timeline) changes() []time.Time {
	var all []time.Time
	for at := t.From; ; {
		_, end := at.ZoneBounds()
		if end.IsZero() || !end.Before(t.To) {
			return all
		}
		at = end.In(t.Zone)
		all = append(all, at)
	}
}

// lane writes the actions of one lane.
func (w *textWriter) lane(l lane) {
	w.printf("\n")
	if l.name != "" {
		w.printf("%s\n", l.name)
	}
	if w.o.Full {
		for a := range l.actions.All() {
			w.printf("  %s  %s%s\n", a.Time.Format(timeText), words(l.name, leaf(a), false), by(l.name, a))
		}
		return
	}
	for _, it := range l.fold() {
		w.item(l.name, it, "  "+it.first.Format(timeText)+"  ", len("  "+timeText+"  "))
	}
}

// item writes an item after what stands before it on its line.
func (w *textWriter) item(name string, it *item, before string, indent int) {
	notes, between := "", ""
	for it.n > 1 && len(it.block) == 1 { // a line that comes again and again
		notes = note(it) + between + notes
		between = "; "
		it = it.block[0]
	}
	if notes != "" {
		notes = ", " + notes
	}
	if it.n == 1 {
		w.printf("%s%s%s%s\n", before, words(name, it, notes != ""), notes, by(name, *it.action))
		return
	}
	w.printf("%s%d steps, %s%s%s\n", before, len(it.block), note(it), strings.Replace(notes, ", ", "; ", 1), by(name, *it.leaf().action))
	for _, step := range it.block {
		after := fmt.Sprintf("%*s%-6s ", indent, "", "+"+clockText(step.first.Sub(it.block[0].first)))
		w.item(name+"\x00", step, after, indent+len("+00:00  "))
	}
}

// leaf is the first line of an item.
func (it *item) leaf() *item {
	for it.n > 1 {
		it = it.block[0]
	}
	return it
}

// note says how often an item comes.
func note(it *item) string {
	r := it.rhythm
	times := thousands(it.top) + " times"
	if it.fewest != it.top {
		times = thousands(it.fewest) + " to " + times
	}
	if r.most == 0 {
		return times + " at once"
	}
	until := hourText(it.last)
	switch y, d := it.first.YearDay(), it.last.YearDay(); {
	case r.kind == daily:
		until = it.last.Format("Mon 02 Jan")
	case y != d:
		until = it.last.Format("Mon 02 Jan ") + until
	}
	switch {
	case r.kind == daily:
		return "every day, " + times + " until " + until
	case r.kind == steady && r.most-r.least <= max(2*time.Second, r.most/100):
		return "every " + spanText((r.least+r.most)/2) + ", " + times + " until " + until
	case r.kind == steady:
		return "about every " + spanText((r.least+r.most)/2) + ", " + times + " until " + until
	}
	return times + " until " + until + ", " + rangeText(r.least, r.most) + " apart"
}

// hourText is a time of day, with seconds if there are some.
func hourText(t time.Time) string {
	if t.Second() == 0 {
		return t.Format("15:04")
	}
	return t.Format("15:04:05")
}

// words say what an action is, under the name of its lane.
func words(name string, it *item, again bool) string {
	a := it.action
	name, inRound := strings.CutSuffix(name, "\x00")
	text, subject := a.Text, ""
	switch {
	case a.Place != "" && a.Place != name:
		subject = a.Place + " "
	case a.ownSubject(name):
		subject = a.by() + " "
	}
	if a.Kind == Print {
		text = "says: " + text
	}
	switch {
	case a.Kind == Run && a.Failed != "":
		text = "fails"
		if it.most >= time.Second {
			text += " after " + rangeText(it.least, it.most)
		}
	case a.Kind == Run && a.Open:
		text += " on at the end"
	case a.Open:
		text += ", still at the end"
	case a.Kind == Run && it.most >= time.Second && a.Text != "runs":
		text += ", after " + rangeText(it.least, it.most)
	case a.Kind == Run && it.most >= time.Second:
		text += " for " + rangeText(it.least, it.most)
	case it.most >= time.Second && a.Kind != Snapshot:
		text += ", " + rangeText(it.least, it.most)
	}
	if it.path != "" && !inRound && !again {
		text += ", " + it.path
	}
	if a.Failed != "" {
		text += ": " + a.Failed + ": " + a.Message
	}
	if a.Line > 0 {
		text += fmt.Sprintf(" (scripts/%s.lua:%d)", a.Script, a.Line)
	}
	return subject + text
}

// ownSubject reports whether a line of the list of all begins with the job.
func (a Action) ownSubject(lane string) bool { return lane == "" && a.Place == "" && a.by() != "" }

// by says who has done it, unless the lane does.
func by(lane string, a Action) string {
	if a.ownSubject(strings.TrimSuffix(lane, "\x00")) {
		return ""
	}
	if by := a.by(); by != lane && by != "" && !strings.HasSuffix(lane, "\x00") {
		return "  [" + by + "]"
	}
	return ""
}
