package lineedit

import (
	"io"
	"strings"
)

// press does what a key is for. done: the text is read, or err says why not.
func (e *Editor) press(k key) (read string, done bool, err error) {
	if e.search != nil && e.searchKey(k) || e.menuKey(k) {
		return "", false, nil
	}
	t := &e.text
	switch k.name {
	case "enter":
		if !e.c.Whole(t.s) {
			t.insert("\n")
			return "", false, nil
		}
		e.c.History.Add(t.s)
		return t.s, true, nil
	case ctrlC:
		return "", true, ErrInterrupt
	case "C-d":
		if t.s == "" {
			return "", true, io.EOF
		}
		t.drop(t.at, t.after())
	case "C-l":
		e.mu.Lock()
		e.screen.erase()
		io.WriteString(e.c.Out, "\x1b[H\x1b[2J")
		e.mu.Unlock()
	case "C-r":
		e.search = &search{lines: e.lines[:len(e.lines)-1], found: len(e.lines) - 1}
	case "up", "C-p":
		if !t.vertical(false) {
			e.recall(e.line - 1)
		}
	case "down", "C-n":
		if !t.vertical(true) {
			e.recall(e.line + 1)
		}
	case "pageup":
		e.recall(0)
	case "pagedown":
		e.recall(len(e.lines) - 1)
	default:
		t.press(k)
	}
	return "", false, nil
}

// recall shows another line of the history; what was typed is kept until the
// end.
func (e *Editor) recall(line int) {
	if line < 0 || line >= len(e.lines) {
		return
	}
	e.lines[e.line] = e.text.s
	e.line = line
	e.text.set(e.lines[line])
}

// press does what a key does to a text.
func (t *text) press(k key) {
	switch k.name {
	case "":
		t.insert(k.text)
	case "paste":
		t.insert(pasted(k.text))
	case "M-enter":
		t.insert("\n")
	case "left", "C-b":
		t.at = t.before()
	case "right", "C-f":
		t.at = t.after()
	case "home", "C-a":
		t.at = t.lineStart()
	case "end", "C-e":
		t.at = t.lineEnd()
	case "M-b":
		t.at = t.wordStart()
	case "M-f":
		t.at = t.wordEnd()
	case "M-<":
		t.at = 0
	case "M->":
		t.at = len(t.s)
	case "backspace":
		t.drop(t.before(), t.at)
	case "delete":
		t.drop(t.at, t.after())
	case "C-k":
		if end := t.lineEnd(); end > t.at {
			t.cut(t.at, end)
		} else {
			t.drop(t.at, t.after())
		}
	case "C-u":
		t.cut(t.lineStart(), t.at)
	case "C-w":
		t.cut(t.spaceStart(), t.at)
	case "M-backspace":
		t.cut(t.wordStart(), t.at)
	case "M-d":
		t.cut(t.at, t.wordEnd())
	case "C-y":
		t.insert(t.kill)
	case "C-_":
		t.undo()
	}
}

// search is Ctrl-R: the newest earlier line that holds what is typed.
type search struct {
	lines []string
	typed string
	found int // of lines; len(lines) before the first is found
}

// look finds the next line below from, or above it.
func (s *search) look(from, step int) {
	for i := from; i >= 0 && i < len(s.lines) && s.typed != ""; i += step {
		if strings.Contains(s.lines[i], s.typed) {
			s.found = i
			return
		}
	}
}

// line is what is found, or what there was before.
func (s *search) line(before string) string {
	if s.found < len(s.lines) {
		return s.lines[s.found]
	}
	return before
}

func (s *search) view(before string) (prompt, line string, at int) {
	line = s.line(before)
	prompt = "search: " + s.typed + " > "
	if !strings.Contains(line, s.typed) {
		prompt = "not found: " + s.typed + " > "
	}
	return prompt, line, max(0, strings.Index(line, s.typed))
}

// searchKey does what a key is for while a search goes on; false if it ends the
// search and is for the line that was found.
func (e *Editor) searchKey(k key) bool {
	s := e.search
	switch k.name {
	case "":
		s.typed += k.text
		s.look(min(s.found, len(s.lines)-1), -1)
	case "backspace":
		t := text{s: s.typed, at: len(s.typed)}
		t.drop(t.before(), t.at)
		s.typed, s.found = t.s, len(s.lines)
		s.look(len(s.lines)-1, -1)
	case "C-r":
		s.look(s.found-1, -1)
	case "C-s":
		s.look(s.found+1, 1)
	case "C-g", ctrlC:
		e.search = nil
	case "esc":
		e.take()
	default:
		e.take()
		return false
	}
	return true
}

// take ends the search with the line that it has found.
func (e *Editor) take() {
	_, line, at := e.search.view(e.text.s)
	if e.search.found < len(e.search.lines) {
		e.lines[e.line] = e.text.s
		e.line = e.search.found
		e.text.set(line)
		e.text.at = at
	}
	e.search = nil
}
