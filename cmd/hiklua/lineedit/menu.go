package lineedit

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
)

// Completion is words that may stand in the place of the last letters before
// the cursor.
type Completion struct {
	Prefix string // the letters that are there already
	Words  []Word
	More   bool // others may come: then Changed is called
}

// Word is one of them, with what it is in a line.
type Word struct{ Text, Doc string }

// menuRows is how many words a menu shows at once.
const menuRows = 10

// menu is the words that Tab has shown; without words there is none.
type menu struct {
	offer  Completion
	chosen int // of the words; -1: none yet
	before string
	first  int // the word at the top
}

// tab completes as far as there is no choice, and shows the choice.
func (e *Editor) tab() {
	before := e.text.s[:e.text.at]
	offer := e.c.Complete(before)
	if len(offer.Words) == 0 {
		e.wanted = before
		return
	}
	if offer.More {
		e.wanted = before
		e.menu = menu{offer: offer, chosen: -1, before: before}
		return
	}
	common := offer.Words[0].Text
	for _, w := range offer.Words {
		for !strings.HasPrefix(w.Text, common) {
			common = common[:len(common)-1]
		}
	}
	common = strings.ToValidUTF8(common, "")
	if len(common) > len(offer.Prefix) {
		e.text.insert(common[len(offer.Prefix):])
	}
	if len(offer.Words) > 1 {
		offer.Prefix = common
		e.menu = menu{offer: offer, chosen: -1, before: e.text.s[:e.text.at]}
	}
}

// completeNow completes what could not be completed when Tab was pressed, if
// nothing was typed since.
func (e *Editor) completeNow() {
	if e.wanted != "" && e.wanted == e.text.s[:e.text.at] && e.search == nil && (len(e.menu.offer.Words) == 0 || e.menu.chosen < 0) {
		e.wanted, e.menu = "", menu{}
		e.tab()
	}
}

// refresh narrows the menu to what has been typed since.
func (m *menu) refresh(e *Editor) {
	before := e.text.s[:e.text.at]
	if len(m.offer.Words) == 0 || m.chosen >= 0 {
		return
	}
	offer := e.c.Complete(before)
	if len(offer.Words) == 0 {
		*m = menu{}
		return
	}
	m.offer, m.before = offer, before
}

// menuKey does what a key is for while a menu is shown; false if it is for the
// text.
func (e *Editor) menuKey(k key) bool {
	m := &e.menu
	if len(m.offer.Words) == 0 {
		if k.name == "tab" {
			e.tab()
			return true
		}
		return false
	}
	step := 0
	switch k.name {
	case "tab":
		step = 1
		if m.chosen < 0 && len(m.offer.Words) == 1 {
			e.tab()
			*m = menu{}
			return true
		}
	case "backtab":
		step = -1
	case "down", "up":
		if m.chosen < 0 {
			*m = menu{}
			return false
		}
		if step = 1; k.name == "up" {
			step = -1
		}
	case "enter":
		if m.chosen < 0 {
			*m = menu{}
			return false
		}
		*m = menu{}
		return true
	case "esc", "C-g":
		if m.chosen >= 0 {
			e.text.drop(len(m.before), e.text.at)
		}
		*m = menu{}
		return true
	case "", "backspace":
		if m.chosen >= 0 {
			*m = menu{} // the chosen word stays
		}
		return false
	default:
		*m = menu{}
		return false
	}
	n := len(m.offer.Words)
	if m.chosen < 0 && step < 0 {
		m.chosen = 0
	}
	if m.chosen >= 0 {
		e.text.drop(len(m.before), e.text.at)
	}
	m.chosen = (m.chosen + step + n) % n
	e.text.insert(m.offer.Words[m.chosen].Text[len(m.offer.Prefix):])
	return true
}

// rows shows the menu in that space.
func (m *menu) rows(columns, space int, plain bool) []string {
	words := m.offer.Words
	visible := min(menuRows, space, len(words))
	if visible < len(words) {
		visible-- // for the line that tells of the others
	}
	if len(words) == 0 || visible < 1 {
		return nil
	}
	m.first = max(min(m.first, m.chosen), m.chosen-visible+1, 0)
	width := 0
	for _, w := range words {
		width = max(width, uniseg.StringWidth(w.Text))
	}
	var rows []string
	for i, w := range words[m.first : m.first+visible] {
		mark := "  "
		if m.first+i == m.chosen {
			mark = "> "
		}
		row := mark + w.Text
		if w.Doc != "" {
			row = pad(row, width+2) + "  " + w.Doc
		}
		row = clip(row, columns-1)
		if mark == "> " && !plain {
			row = "\x1b[7m" + row + "\x1b[0m"
		}
		rows = append(rows, row)
	}
	if more := len(words) - visible; more > 0 {
		rows = append(rows, clip(fmt.Sprintf("  ... %d more", more), columns-1))
	}
	return rows
}
