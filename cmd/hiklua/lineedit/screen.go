package lineedit

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/rivo/uniseg"
)

// screen draws a block of rows at the cursor, and knows where in it the cursor
// stands. Rows end with a line feed, so that a terminal whose last row is
// reached scrolls.
type screen struct {
	out      io.Writer
	rows     []string // as drawn
	row, col int
}

// draw shows rows in the place of those that were drawn before; only what has
// changed is written.
func (s *screen) draw(rows []string, row, col int) {
	same := 0
	for same < len(rows) && same < len(s.rows) && rows[same] == s.rows[same] {
		same++
	}
	var b strings.Builder
	if same < len(rows) || same < len(s.rows) {
		b.WriteString("\x1b[?25l")
		at := s.row
		first := min(same, len(rows)-1) // there is always one
		if first >= len(s.rows) && len(s.rows) > 0 {
			move(&b, at, len(s.rows)-1)
			b.WriteString("\r\n")
		} else {
			move(&b, at, first)
			b.WriteString("\r")
		}
		for i := first; i < len(rows); i++ {
			if i > first {
				b.WriteString("\r\n")
			}
			if i < len(s.rows) {
				b.WriteString("\x1b[K") // not behind a row that fills the line: some terminals would take its last letter
			}
			b.WriteString(rows[i])
		}
		at = len(rows) - 1
		if len(s.rows) > len(rows) {
			b.WriteString("\r\n\x1b[J\x1b[A")
		}
		move(&b, at, row)
		b.WriteString(column(col))
		b.WriteString("\x1b[?25h")
	} else if row != s.row || col != s.col {
		move(&b, s.row, row)
		b.WriteString(column(col))
	}
	if b.Len() > 0 {
		io.WriteString(s.out, b.String())
	}
	s.rows, s.row, s.col = rows, row, col
}

// reflow tells that the screen now has so many columns: a terminal breaks rows
// that have become too long for it.
func (s *screen) reflow(columns int) {
	row := 0
	for _, above := range s.rows[:min(s.row, len(s.rows))] {
		row += 1 + max(0, shownWidth(above)-1)/columns
	}
	s.row = row + s.col/columns
}

// erase takes the block off; what is written next stands in its place.
func (s *screen) erase() {
	if len(s.rows) == 0 {
		return
	}
	var b strings.Builder
	move(&b, s.row, 0)
	b.WriteString("\r\x1b[J")
	io.WriteString(s.out, b.String())
	s.rows, s.row, s.col = nil, 0, 0
}

// leave puts the cursor below the block, which stays.
func (s *screen) leave() {
	var b strings.Builder
	move(&b, s.row, len(s.rows)-1)
	b.WriteString("\r\n")
	io.WriteString(s.out, b.String())
	s.rows, s.row, s.col = nil, 0, 0
}

func move(b *strings.Builder, from, to int) int {
	switch {
	case to < from:
		fmt.Fprintf(b, "\x1b[%dA", from-to)
	case to > from:
		fmt.Fprintf(b, "\x1b[%dB", to-from)
	}
	return to
}

func column(col int) string {
	if col == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dC", col)
}

var style = regexp.MustCompile("\x1b\\[[0-9;]*m")

// shownWidth is how wide a row is that may have styles.
func shownWidth(row string) int { return uniseg.StringWidth(style.ReplaceAllString(row, "")) }
