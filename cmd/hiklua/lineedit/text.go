package lineedit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// text is what is typed, with the cursor in it. The cursor moves by what people
// see as one letter, which may be several code points.
type text struct {
	s    string
	at   int // the cursor, a byte of s
	kill string
	past []undo
}

type undo struct {
	s  string
	at int
}

const undoDepth = 200

// change replaces s[from:to] and puts the cursor behind it.
func (t *text) change(from, to int, with string) {
	if len(t.past) == undoDepth {
		t.past = t.past[1:]
	}
	t.past = append(t.past, undo{t.s, t.at})
	t.s = t.s[:from] + with + t.s[to:]
	t.at = from + len(with)
}

func (t *text) insert(s string) { t.change(t.at, t.at, s) }

// set is another text in the place of all, such as an earlier line.
func (t *text) set(s string) { t.change(0, len(t.s), s) }

func (t *text) undo() {
	if n := len(t.past); n > 0 {
		t.s, t.at = t.past[n-1].s, t.past[n-1].at
		t.past = t.past[:n-1]
	}
}

// before is where the letter before the cursor begins, after where the one
// behind it ends.
func (t *text) before() int {
	last := 0
	for g, pos := uniseg.NewGraphemes(t.s[:t.at]), 0; g.Next(); {
		last = pos
		pos += len(g.Str())
	}
	return last
}

func (t *text) after() int {
	letter, _, _, _ := uniseg.FirstGraphemeClusterInString(t.s[t.at:], -1)
	return t.at + len(letter)
}

// lineStart and lineEnd are the ends of the line with the cursor.
func (t *text) lineStart() int { return strings.LastIndexByte(t.s[:t.at], '\n') + 1 }

func (t *text) lineEnd() int {
	if i := strings.IndexByte(t.s[t.at:], '\n'); i >= 0 {
		return t.at + i
	}
	return len(t.s)
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func isNoWord(r rune) bool { return !isWord(r) }

// wordStart is where the word before the cursor begins, wordEnd where the next
// one ends.
func (t *text) wordStart() int {
	s := strings.TrimRightFunc(t.s[:t.at], isNoWord)
	return len(strings.TrimRightFunc(s, isWord))
}

func (t *text) wordEnd() int {
	s := strings.TrimLeftFunc(t.s[t.at:], isNoWord)
	return len(t.s) - len(strings.TrimLeftFunc(s, isWord))
}

// spaceStart is where the piece without spaces before the cursor begins.
func (t *text) spaceStart() int {
	s := strings.TrimRightFunc(t.s[:t.at], unicode.IsSpace)
	return strings.LastIndexFunc(s, unicode.IsSpace) + 1
}

// cut takes out what lies between, for paste.
func (t *text) cut(from, to int) {
	if from < to {
		t.kill = t.s[from:to]
		t.change(from, to, "")
	}
}

func (t *text) drop(from, to int) {
	if from < to {
		t.change(from, to, "")
	}
}

// vertical moves the cursor by a line up or down; false if there is none.
func (t *text) vertical(down bool) bool {
	start, end := t.lineStart(), t.lineEnd()
	if down && end == len(t.s) || !down && start == 0 {
		return false
	}
	column := utf8.RuneCountInString(t.s[start:t.at])
	if down {
		t.at = end + 1
	} else {
		t.at = start - 1
		t.at = t.lineStart()
	}
	for end = t.lineEnd(); column > 0 && t.at < end; column-- {
		t.at = t.after()
	}
	return true
}
