package lineedit

import (
	"strings"

	"github.com/rivo/uniseg"
)

// tabStop is how wide a tab is shown, wherever it stands.
const tabStop = "    "

// layout is a text as rows of a screen of some columns.
type layout struct {
	rows     []string
	row, col int // of the cursor
}

// lay lays out a text behind its prompts. The cursor stands before byte at of s.
func lay(s string, at int, prompt, more string, columns int) layout {
	l := layout{}
	var row strings.Builder
	row.WriteString(prompt)
	width := shownWidth(prompt)
	wrap := func(with string) {
		l.rows = append(l.rows, row.String())
		row.Reset()
		row.WriteString(with)
		width = shownWidth(with)
	}
	pos := 0
	here := func() {
		if pos == at {
			if width >= columns {
				wrap("")
			}
			l.row, l.col = len(l.rows), width
		}
	}
	for g := uniseg.NewGraphemes(s); g.Next(); pos += len(g.Str()) {
		shown, w := g.Str(), g.Width()
		switch shown {
		case "\n", "\r\n":
			here()
			wrap(more)
			continue
		case "\t":
			shown, w = tabStop, len(tabStop)
		}
		if width+w > columns && width > 0 {
			wrap("")
		}
		here()
		row.WriteString(shown)
		width += w
	}
	here()
	wrap("")
	return l
}

// clip cuts a line so that it fits.
func clip(s string, columns int) string {
	if uniseg.StringWidth(s) <= columns {
		return s
	}
	var b strings.Builder
	width := 0
	for g := uniseg.NewGraphemes(s); g.Next() && width+g.Width() < columns; {
		b.WriteString(g.Str())
		width += g.Width()
	}
	return b.String() + "…"
}

// pad makes s as wide as that.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-uniseg.StringWidth(s)))
}
