package notify

import (
	"fmt"
	"strings"
	"time"
)

// most lines that a folded message names.
const mostLines = 10

// item is a message in a queue, with those that were folded into it.
type item struct {
	message  Message
	id       string
	queued   time.Time
	receipts []*Receipt

	more    int // messages that were folded into it
	last    time.Time
	lines   []line // what these were about, in the order in which it came up first
	unnamed int    // of more: those that are in no line
	lost    string // why its picture does not go along; empty: it does, or there was none
}

// line is what several messages were about.
type line struct {
	text  string
	count int
}

// fold puts another message into an item. The newest picture is the one that
// stays.
func (i *item) fold(other *item) {
	i.more += 1 + other.more
	i.last = other.message.Time
	if other.more > 0 {
		i.last = other.last
	}
	i.name(line{cutBytes(oneLine(other.message.firstLine()), 200), 1})
	for _, l := range other.lines {
		i.name(l)
	}
	i.unnamed += other.unnamed
	if other.message.Picture != nil {
		i.message.Picture = other.message.Picture
	}
	i.receipts = append(i.receipts, other.receipts...)
}

func (i *item) name(l line) {
	for at := range i.lines {
		if i.lines[at].text == l.text {
			i.lines[at].count += l.count
			return
		}
	}
	if len(i.lines) == mostLines {
		i.unnamed += l.count
		return
	}
	i.lines = append(i.lines, l)
}

// size is what it holds in memory, about.
func (i *item) size() int {
	n := len(i.message.Text) + len(i.message.Title)
	if i.message.Picture != nil {
		n += len(i.message.Picture.Data)
	}
	return n
}

// letter is the item as it is sent now.
func (i *item) letter(target string, now time.Time, zone *time.Location) *letter {
	m := &i.message
	l := &letter{title: oneLine(m.Title), text: clean(m.Text), picture: m.Picture, target: target, script: m.Script, time: m.Time.In(zone), id: i.id}
	var notes []string
	if i.more > 0 {
		notes = append(notes, i.moreText(now, zone))
	}
	if now.Sub(m.Time) > late {
		notes = append(notes, "(of "+stamp(m.Time, now, zone)+", delivered late)")
	}
	if i.lost != "" {
		notes = append(notes, "("+i.lost+")")
	}
	for _, note := range notes {
		l.text = strings.TrimPrefix(l.text+"\n\n"+note, "\n\n")
	}
	return l
}

// moreText is "and 38 more until 14:40", with what these were about if that was
// something else.
func (i *item) moreText(now time.Time, zone *time.Location) string {
	text := fmt.Sprintf("and %d more until %s", i.more, stamp(i.last, now, zone))
	own := cutBytes(oneLine(i.message.firstLine()), 200)
	if len(i.lines) == 1 && i.lines[0].text == own {
		return text
	}
	text += ":"
	for _, l := range i.lines {
		if l.count > 1 {
			text += fmt.Sprintf("\n%d × %s", l.count, l.text)
		} else {
			text += "\n" + l.text
		}
	}
	if i.unnamed > 0 {
		text += fmt.Sprintf("\nand %d others", i.unnamed)
	}
	return text
}

// stamp is a time of day, with the date if that is not today's.
func stamp(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("Mon 2 Jan 15:04")
}
