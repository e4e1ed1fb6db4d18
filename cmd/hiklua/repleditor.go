package main

import (
	"context"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/hiklua/hiklua/cmd/hiklua/lineedit"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// editor is the line editor at a terminal, which is in raw mode from newEditor
// to leave. It is also where everything else is written while a session runs:
// a log line that comes while a line is typed is shown above the line.
type editor struct {
	*lineedit.Editor
	screen   *outlet.Outlet
	keyboard *os.File
	before   *term.State
	repl     *repl       // set before the first line is read
	pictures pictureKind // how the terminal shows them, once that is known
}

var _ runtime.Outlet = (*editor)(nil)

func newEditor(keyboard *os.File, screen *outlet.Outlet, h *history, prompt string, colours bool) (*editor, error) {
	before, err := term.MakeRaw(int(keyboard.Fd()))
	if err != nil {
		return nil, err
	}
	if f, ok := screen.Writer().(*os.File); ok {
		prepareScreen(f)
	}
	e := &editor{screen: screen, keyboard: keyboard, before: before}
	e.Editor = lineedit.New(lineedit.Config{
		In: keyboard, Out: screen, Size: e.size,
		Prompt: prompt, More: strings.Repeat(" ", len(prompt)-4) + "..> ", Plain: !colours, History: h,
		Whole: func(text string) bool { return isCommand(text) || runtime.Whole(text) },
		Complete: func(before string) lineedit.Completion {
			c := complete(e.repl, before)
			c.More = e.repl.names.awaited()
			return c
		},
		Hint: func(before string) string { return hint(e.repl, before) },
	})
	return e, nil
}

// use gives the editor the session whose names it completes.
func (e *editor) use(r *repl) {
	e.repl = r
	r.names.changed = e.Changed
}

func (e *editor) size() (columns, rows int) {
	f, _ := e.screen.Writer().(*os.File)
	if f == nil {
		f = e.keyboard
	}
	columns, rows, _ = term.GetSize(int(f.Fd()))
	return columns, rows
}

// read reads a line, or several that belong together.
func (e *editor) read(ctx context.Context) (string, error) {
	e.screen.Flush(ctx) // the line is no good while older output hides it
	return e.Read(ctx)
}

// Full implements runtime.Outlet.
func (e *editor) Full() bool { return e.screen.Full() }

// Room implements runtime.Outlet.
func (e *editor) Room(ctx context.Context) error { return e.screen.Room(ctx) }

// leave makes the terminal what it was before.
func (e *editor) leave() error {
	e.Close()
	return term.Restore(int(e.keyboard.Fd()), e.before)
}
