package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/reeflective/readline"

	"github.com/hiklua/hiklua/runtime"
)

// editor is the line editor. It is also where everything else is written while
// a session runs: a log line that comes while a line is typed is shown above
// the line, by the goroutine that draws it.
type editor struct {
	shell *readline.Shell

	screen *outlet

	mu      sync.Mutex
	typing  bool     // a line is being typed
	waiting []string // to be shown above it
	fed     bool     // the key that shows them has been fed
}

// showKey shows what waits. It is fed to the editor as if it had been typed;
// on a keyboard it is Ctrl-\, which does nothing else.
const (
	showKey     = '\x1c'
	showCommand = "hiklua-show"
)

var _ runtime.Outlet = (*editor)(nil)

func newEditor(screen *outlet, h *history) *editor {
	e := &editor{screen: screen, shell: readline.NewShell()}
	e.shell.Prompt.Primary(func() string { return "hik> " })
	e.shell.Prompt.Secondary(func() string { return " ..> " })
	_ = e.shell.Config.Set("multiline-column", true)             // without it there is no second prompt
	_ = e.shell.Config.Set("menu-complete-display-prefix", true) // Tab lists, Tab again chooses
	_ = e.shell.Config.Set("convert-meta", false)                // or ü and its like are taken for Alt and a key
	e.shell.History.Delete()
	e.shell.History.Add("lines", h)
	e.shell.Keymap.Register(map[string]func(){showCommand: e.show})
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert", "vi-command", "vi"} {
		// A keymap that the library does not have is none that needs the key.
		_ = e.shell.Config.Bind(keymap, string(showKey), showCommand, false)
	}
	e.shell.SyntaxHighlighter = e.drawn
	return e
}

// use gives the editor what it needs to know of the session.
func (e *editor) use(r *repl) {
	e.shell.AcceptMultiline = func(line []rune) bool {
		text := string(line)
		return isCommand(text) || r.session.Complete(text)
	}
	e.shell.Completer = func(line []rune, cursor int) readline.Completions {
		text := string(line[:cursor])
		return offered(complete(r, text), text)
	}
}

// offered hands over a completion of text. The library would look for the whole
// word before the cursor if it were not told of at least one letter.
func offered(c completion, text string) readline.Completions {
	before := ""
	if c.prefix == "" && text != "" {
		before = text[len(text)-1:]
	}
	var list []readline.Completion
	for _, w := range c.words {
		doc, _, _ := strings.Cut(w.doc, "\n")
		if len(doc) > 90 {
			doc = doc[:87] + "..."
		}
		list = append(list, readline.Completion{Value: before + w.word, Display: w.word, Description: doc})
	}
	offer := readline.CompleteRaw(list)
	offer.PREFIX = before + c.prefix
	return offer
}

// read reads a line, or several that belong together. errCleared: Ctrl-C;
// io.EOF: Ctrl-D; the error of ctx if it ended meanwhile. Then the goroutine
// that reads the keyboard is left behind: a read can't be broken off.
func (e *editor) read(ctx context.Context) (string, error) {
	e.setTyping(true)
	defer e.setTyping(false)
	e.screen.flush(ctx) // the line is drawn past it
	type answer struct {
		line string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		line, err := e.shell.Readline()
		typed <- answer{line, err}
	}()
	select {
	case a := <-typed:
		if errors.Is(a.err, readline.ErrInterrupt) {
			return "", errCleared
		}
		return a.line, a.err
	case <-ctx.Done():
		fmt.Fprintln(e.screen)
		return "", ctx.Err()
	}
}

func (e *editor) setTyping(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.typing, e.fed = on, false
	if !on {
		for _, text := range e.waiting {
			fmt.Fprintln(e.screen, text)
		}
		e.waiting = nil
	}
}

// Write writes to the screen, or above the line that is being typed.
func (e *editor) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.typing {
		return e.screen.Write(p)
	}
	e.waiting = append(e.waiting, strings.TrimSuffix(string(p), "\n"))
	e.shell.Keys.RequestRefresh()
	return len(p), nil
}

// Full implements runtime.Outlet.
func (e *editor) Full() bool { return e.screen.Full() }

// Room implements runtime.Outlet.
func (e *editor) Room(ctx context.Context) error { return e.screen.Room(ctx) }

// drawn is called by the editor's goroutine each time it draws the line. If
// something waits to be shown it feeds the key for it.
func (e *editor) drawn(line []rune) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) > 0 && !e.fed {
		e.fed = true
		e.shell.Keys.Feed(false, showKey)
	}
	return string(line)
}

// show shows what waits, above the line. It runs on the editor's goroutine.
func (e *editor) show() {
	e.mu.Lock()
	text := strings.Join(e.waiting, "\n")
	e.waiting, e.fed = nil, false
	e.mu.Unlock()
	if text != "" {
		e.shell.PrintTransientf("%s", text)
	}
}

// leave puts right what the editor may have left behind when it was left in
// the middle of a line.
func (e *editor) leave() {
	io.WriteString(e.screen, "\x1b[?2004l\x1b[?25h") // bracketed paste off, cursor on
}
