package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hiklua/hiklua/runtime/journal"
)

// journalPage is how many lines get their columns at one time: a journal may
// have a hundred thousand.
const journalPage = 500

// journalTable shows entries in columns.
type journalTable struct {
	*app
	fold bool // polls that fail again and again become one line

	page   table
	last   map[string]journal.Entry // the last poll of each device, if it failed
	folded map[string]int           // how many have failed as it did, and have no line
}

// The columns of an entry that the table changes.
const (
	answerColumn = 3
	tookColumn   = 4
)

func (t *journalTable) write(e journal.Entry) error {
	if e.Dropped > 0 {
		if err := t.flush(); err != nil {
			return err
		}
		_, err := fmt.Fprintln(t.stdout, e)
		return err
	}
	if t.fold && t.foldsPoll(e) {
		return nil
	}
	t.add(e, 0)
	if len(t.page.rows) < journalPage {
		return nil
	}
	return t.flush()
}

// add adds a line for an entry, which stands for more that were as it is.
func (t *journalTable) add(e journal.Entry, more int) {
	cells := e.Columns()
	if more > 0 {
		cells[tookColumn] = fmt.Sprintf("%d more like it", more)
	}
	last := len(cells) - 1
	t.page.fixed = 1 // the time
	t.page.add(cells[:last]...)
	t.page.note(cells[last])
	if e.Err != nil {
		t.page.paint(answerColumn, colourFail)
	}
}

// foldsPoll reports whether e is one more poll that fails as the one before
// did. What was folded gets its line before the next one of that device.
func (t *journalTable) foldsPoll(e journal.Entry) bool {
	key := e.Device
	last, failing := t.last[key]
	same := failing && e.Err != nil && e.Poll() && e.Err.Error() == last.Err.Error()
	if same {
		t.last[key] = e
		t.folded[key]++
		return true
	}
	t.unfold(key)
	if e.Poll() && e.Err != nil {
		if t.last == nil {
			t.last, t.folded = make(map[string]journal.Entry), make(map[string]int)
		}
		t.last[key] = e
	}
	return false
}

// unfold writes the line of what was folded of a device.
func (t *journalTable) unfold(key string) {
	if n := t.folded[key]; n > 0 {
		t.add(t.last[key], n)
	}
	delete(t.last, key)
	delete(t.folded, key)
}

func (t *journalTable) flush() error {
	_, err := fmt.Fprint(t.stdout, t.page.text(t.width(), t.colour(t.stdout)))
	t.page = table{}
	return err
}

// end writes what is left.
func (t *journalTable) end() error {
	for _, key := range slices.Sorted(maps.Keys(t.folded)) {
		t.unfold(key)
	}
	return t.flush()
}
