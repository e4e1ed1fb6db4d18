package main

import (
	"github.com/hiklua/hiklua/runtime/outlet"

	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// The colours of what is wrong.
const (
	colourFail = "31;1"
	colourWarn = "33"
)

// tinted is text in a colour; "" is none.
func tinted(text, code string) string {
	if code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// narrowest is what a column keeps when a table is made narrower.
const narrowest = 8

// noteIndent is where a note below its row begins.
const noteIndent = 4

// table writes columns. Where it is wider than the terminal, the widest columns
// go on below themselves.
type table struct {
	head  []string // nil: none
	rows  [][]string
	marks map[mark]string // the colour of a cell
	notes map[int]string  // what belongs to a row and has no column: behind it, or below where the width is limited
	fixed int             // so many columns are not made narrower
}

type mark struct{ row, column int }

// add adds a row.
func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// paint gives a cell of the last row a colour.
func (t *table) paint(column int, colour string) {
	if t.marks == nil {
		t.marks = make(map[mark]string)
	}
	t.marks[mark{len(t.rows) - 1, column}] = colour
}

// note adds to the last row what has no column of its own.
func (t *table) note(text string) {
	if t.notes == nil {
		t.notes = make(map[int]string)
	}
	t.notes[len(t.rows)-1] = text
}

// text is the table, a line break at the end of each line. It is at most width
// wide if its columns allow; 0 sets no limit.
func (t *table) text(width int, colour bool) string {
	columns := t.widths(width)
	var b strings.Builder
	for i, row := range append([][]string{t.head}, t.rows...) {
		if row == nil {
			continue
		}
		cells := make([][]string, len(row))
		height := 1
		for c, text := range row {
			cells[c] = wrapCell(text, columns[c])
			height = max(height, len(cells[c]))
		}
		for l := range height {
			line, gap := "", 0
			for c := range row {
				text := ""
				if l < len(cells[c]) {
					text = cells[c][l]
				}
				width := uniseg.StringWidth(text)
				if text != "" {
					line += strings.Repeat(" ", gap)
					gap = 0
					if colour {
						text = tinted(text, t.marks[mark{i - 1, c}])
					}
					line += text
				}
				gap += columns[c] - width + 2
			}
			if note := t.notes[i-1]; note != "" && width == 0 {
				line += strings.Repeat(" ", gap) + note
			}
			b.WriteString(line + "\n")
		}
		if note := t.notes[i-1]; note != "" && width > 0 {
			for _, line := range wrapCell(note, max(width-noteIndent, narrowest)) {
				fmt.Fprintf(&b, "%*s%s\n", noteIndent, "", line)
			}
		}
	}
	return b.String()
}

// widths are those of the columns, the widest made narrower until all fit.
func (t *table) widths(width int) []int {
	columns := t.widest(func(cell string) int { return uniseg.StringWidth(cell) })
	if width == 0 || len(columns) == 0 {
		return columns
	}
	all := 2 * (len(columns) - 1)
	for _, w := range columns {
		all += w
	}
	words := t.widest(func(cell string) (longest int) {
		for word := range strings.FieldsSeq(cell) {
			longest = max(longest, uniseg.StringWidth(word))
		}
		return longest
	})
	// Words are kept whole as long as there is room for that.
	for _, least := range [][]int{words, make([]int, len(columns))} {
		for all > width {
			widest := -1
			for c := t.fixed; c < len(columns); c++ {
				if columns[c] > max(least[c], narrowest) && (widest < 0 || columns[c] > columns[widest]) {
					widest = c
				}
			}
			if widest < 0 {
				break
			}
			columns[widest]--
			all--
		}
	}
	return columns
}

// widest is the widest cell of each column.
func (t *table) widest(width func(cell string) int) []int {
	var columns []int
	for _, row := range append([][]string{t.head}, t.rows...) {
		for c, cell := range row {
			if c == len(columns) {
				columns = append(columns, 0)
			}
			columns[c] = max(columns[c], width(cell))
		}
	}
	return columns
}

// wrapCell breaks text into lines of at most width: between words, and within
// one that is longer.
func wrapCell(text string, width int) []string {
	if uniseg.StringWidth(text) <= width {
		return []string{text}
	}
	var short []string
	for word := range strings.FieldsSeq(text) {
		for uniseg.StringWidth(word) > width {
			head, rest := cutWord(word, width)
			short, word = append(short, head), rest
		}
		short = append(short, word)
	}
	return wrapWords(strings.Join(short, " "), width)
}

// cutWord cuts a word in two, the first at most width wide.
func cutWord(word string, width int) (head, rest string) {
	rest, state := word, -1
	for {
		cluster, after, _, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if head != "" && uniseg.StringWidth(head+cluster) > width {
			return head, rest
		}
		head, rest, state = head+cluster, after, next
	}
}

// wrapWords breaks text between words into lines of at most width; 0 sets no
// limit. It gives at least one line.
func wrapWords(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if width > 0 && line != "" && uniseg.StringWidth(line)+1+uniseg.StringWidth(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// width is how wide stdout is for people: what COLUMNS says, else the terminal;
// 0, no limit, for a pipe or a file.
func (a *app) width() int {
	if text, ok := a.env("COLUMNS"); ok {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return n
		}
	}
	return terminalWidth(a.stdout)
}

// terminalWidth is how wide the terminal is that w writes to; 0: it is none.
func terminalWidth(w io.Writer) int {
	stream := any(w)
	if e, ok := stream.(*editor); ok {
		stream = e.screen
	}
	if o, ok := stream.(*outlet.Outlet); ok {
		stream = o.Writer()
	}
	if f, ok := stream.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

// writeTable writes a table for the width of stdout.
func (a *app) writeTable(t *table) {
	fmt.Fprint(a.stdout, t.text(a.width(), a.colour(a.stdout)))
}

// writeWrapped writes lines of text, each wrapped where it is wider than
// stdout and indented as it begins.
func (a *app) writeWrapped(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		words := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(words)]
		width := a.width()
		if width == 0 || uniseg.StringWidth(line) <= width {
			fmt.Fprintln(a.stdout, line)
			continue
		}
		for _, part := range wrapWords(words, max(width-len(indent), narrowest)) {
			fmt.Fprintln(a.stdout, indent+part)
		}
	}
}
