package runtime

import (
	"context"
	"io"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
)

// Outlet is a Stdout or Stderr whose Write never waits for its reader. The task
// that has written waits instead, so that it can be ended meanwhile, and other
// tasks of its script run.
type Outlet interface {
	io.Writer
	// Full reports whether the reader lags so far behind that a task which has
	// written has to wait.
	Full() bool
	// Room waits until the reader has caught up, or ctx ends.
	Room(ctx context.Context) error
}

// writer writes to w for the script; without w, what is printed and what is
// written take one way.
func (s *script) writer(w io.Writer) func(L *lua.LState, text string) error {
	switch {
	case w != nil:
	case s.host.conf.Print != nil:
		return s.written
	default:
		return nil
	}
	return func(L *lua.LState, text string) error {
		_, err := io.WriteString(w, text)
		awaitRoom(L, w)
		return err
	}
}

// longestLine bounds what is kept of a line that io.write has begun.
const longestLine = 8000

// written takes what io.write writes where there is no Stdout: each line is
// printed.
func (s *script) written(_ *lua.LState, text string) error {
	for {
		line, rest, ended := strings.Cut(text, "\n")
		s.line += line
		if !ended && len(s.line) < longestLine {
			return nil
		}
		s.endLine()
		if text = rest; text == "" {
			return nil
		}
	}
}

// endLine prints what io.write has begun. Its caller holds the script's lock.
func (s *script) endLine() {
	s.host.conf.Print(s.name, s.line)
	s.line = ""
}

// awaitRoom has the task wait until the reader of w has caught up, and raises
// an error if it is ended meanwhile.
func awaitRoom(L *lua.LState, w io.Writer) {
	o, ok := w.(Outlet)
	if !ok || !o.Full() {
		return
	}
	if err := luaapi.TaskOf(L).Wait(L, o.Room); err != nil {
		luaapi.Raise(L, err)
	}
}

// print takes what a script prints.
func (h *Host) print(L *lua.LState, s *script, text string) {
	switch {
	case s.out.Stdout != nil:
		io.WriteString(s.out.Stdout, text+"\n") // a reader that has gone ends the program
		awaitRoom(L, s.out.Stdout)
	case h.conf.Print != nil:
		h.conf.Print(s.name, s.line+text)
		s.line = ""
		awaitRoom(L, h.conf.Stdout)
	default:
		h.log.Info(text, keyScript, s.name)
	}
}
