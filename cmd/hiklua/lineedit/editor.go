package lineedit

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrInterrupt is the error of Read after Ctrl-C.
var ErrInterrupt = errors.New("interrupted")

// Config is what an editor works with. All functions are called on the
// goroutine that calls Read, one at a time.
type Config struct {
	In  io.Reader // the keyboard; the terminal is in raw mode from New to Close
	Out io.Writer // the screen; a write must not wait for its reader
	// Size tells the size of the screen.
	Size func() (columns, rows int)
	// Prompt stands before the first line, More before those that follow.
	Prompt, More string
	// Whole reports whether Enter ends the text, or begins another line.
	Whole func(text string) bool
	// Complete offers words for the end of a text; it must not wait.
	Complete func(before string) Completion
	// Hint is the line to show below the text; it must not wait. "" for none.
	Hint func(before string) string
	// History has the earlier lines.
	History History
	// Plain leaves out all styles.
	Plain bool
}

// History keeps the lines that were read, oldest first.
type History interface {
	Lines() []string
	Add(line string)
}

// Editor reads lines. Its methods may be called by any goroutine, Read by one
// at a time.
type Editor struct {
	c        Config
	keyboard *keyboard
	changed  chan struct{} // holds a value when something has to be looked at again

	mu      sync.Mutex // never held while a function of Config runs, but for Out
	screen  screen
	columns int
	reading bool // a line is on the screen
	partial bool // the cursor is behind what was written without an end of line

	// Of the goroutine in Read.
	text   text
	lines  []string // the history, and the line that is typed now
	line   int      // of lines, which is shown
	menu   menu
	wanted string // what Tab could not complete yet
	search *search
}

// New begins to read the keyboard.
func New(c Config) *Editor {
	e := &Editor{c: c, changed: make(chan struct{}, 1), screen: screen{out: c.Out}}
	io.WriteString(c.Out, "\x1b[?2004h") // pastes are told from typing
	e.keyboard = newKeyboard(c.In)
	return e
}

// Close leaves the terminal as a program would find it.
func (e *Editor) Close() {
	io.WriteString(e.c.Out, "\x1b[?2004l\x1b[?25h")
}

// Read reads a text. Its error is ErrInterrupt after Ctrl-C, io.EOF after
// Ctrl-D and when the terminal has gone, that of ctx when ctx has ended.
func (e *Editor) Read(ctx context.Context) (string, error) {
	interrupted := e.keyboard.begin()
	defer e.keyboard.end()
	e.begin()
	if interrupted {
		return "", e.finish(ErrInterrupt)
	}
	for {
		typed, ok, err := e.keyboard.next()
		if ok {
			if text, done, err := e.press(typed); done {
				return text, e.finish(err)
			}
			continue
		}
		e.draw(true)
		if err != nil {
			return "", e.finish(io.EOF)
		}
		select {
		case <-e.keyboard.more:
		case <-e.changed:
			e.completeNow()
		case <-ctx.Done():
			return "", e.finish(ctx.Err())
		}
	}
}

func (e *Editor) begin() {
	e.text = text{kill: e.text.kill}
	e.lines = append(slices.Clone(e.c.History.Lines()), "")
	e.line = len(e.lines) - 1
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.partial {
		io.WriteString(e.c.Out, "\r\n")
		e.partial = false
	}
	e.reading = true
}

// finish leaves the text on the screen, without what was shown below it.
func (e *Editor) finish(err error) error {
	e.menu, e.search, e.wanted = menu{}, nil, ""
	e.text.at = len(e.text.s)
	e.draw(false)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.screen.leave()
	e.reading = false
	return err
}

// Interrupted holds a value when Ctrl-C was typed while no line is read. What
// the line before does should end then.
func (e *Editor) Interrupted() <-chan struct{} { return e.keyboard.interrupted }

// attributesTimeout is how long a terminal may take to say what it can.
const attributesTimeout = time.Second

// Attributes asks the terminal what it can, such as 4 for pictures as sixels;
// none if it does not say. Keys are not lost meanwhile. It is not to be called
// while a line is read.
func (e *Editor) Attributes(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, attributesTimeout)
	defer cancel()
	io.WriteString(e.c.Out, "\x1b[c")
	select {
	case text := <-e.keyboard.answers:
		return strings.Split(text, ";")
	case <-ctx.Done():
		return nil
	}
}

// Changed has the completion and the hint looked at again: something that they
// are made of has come.
func (e *Editor) Changed() { notify(e.changed) }

// Resized is to be called when the screen has another size.
func (e *Editor) Resized() {
	e.mu.Lock()
	if columns, _ := e.size(); e.reading && columns != e.columns {
		e.columns = columns
		e.screen.reflow(columns)
		e.screen.erase()
	}
	e.mu.Unlock()
	e.Changed()
}

// Write writes to the screen: above the text, while one is read.
func (e *Editor) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	shown := strings.ReplaceAll(strings.ReplaceAll(string(p), "\r\n", "\n"), "\n", "\r\n")
	if !e.reading {
		e.partial = p[len(p)-1] != '\n'
		_, err := io.WriteString(e.c.Out, shown)
		return len(p), err
	}
	rows, row, col := e.screen.rows, e.screen.row, e.screen.col
	e.screen.erase()
	if p[len(p)-1] != '\n' {
		shown += "\r\n"
	}
	_, err := io.WriteString(e.c.Out, shown)
	if len(rows) > 0 {
		e.screen.draw(rows, row, col)
	}
	return len(p), err
}

func (e *Editor) size() (columns, rows int) {
	columns, rows = e.c.Size()
	if columns < 8 {
		columns = 80
	}
	if rows < 2 {
		rows = 24
	}
	return columns, rows
}

// draw draws the text and, if wanted, what belongs below it. Where the screen
// is too small for all the part around the cursor is shown.
func (e *Editor) draw(below bool) {
	columns, height := e.size()
	prompt, shown, at := e.c.Prompt, e.text.s, e.text.at
	if e.search != nil {
		prompt, shown, at = e.search.view(e.text.s)
	}
	l := lay(shown, at, prompt, e.c.More, columns)
	if below {
		if hint := e.hint(); hint != "" && len(l.rows) < height-1 {
			l.rows = append(l.rows, e.dim(clip(hint, columns)))
		}
		e.menu.refresh(e)
		l.rows = append(l.rows, e.menu.rows(columns, min(height/2, height-len(l.rows)), e.c.Plain)...)
	}
	if len(l.rows) > height {
		first := max(0, min(l.row-height/2, len(l.rows)-height))
		l.rows = l.rows[first : first+height]
		l.row -= first
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.columns = columns
	e.screen.draw(l.rows, l.row, l.col)
}

func (e *Editor) hint() string {
	if e.search != nil || e.c.Hint == nil || len(e.menu.offer.Words) > 0 {
		return ""
	}
	return e.c.Hint(e.text.s[:e.text.at])
}

func (e *Editor) dim(s string) string {
	if e.c.Plain {
		return s
	}
	return "\x1b[2m" + s + "\x1b[0m"
}
