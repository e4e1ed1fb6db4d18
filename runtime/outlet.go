package runtime

import (
	"context"
	"io"

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

// writer writes to w for the scripts of the host.
func writer(w io.Writer) func(L *lua.LState, text string) error {
	if w == nil {
		return nil
	}
	return func(L *lua.LState, text string) error {
		_, err := io.WriteString(w, text)
		awaitRoom(L, w)
		return err
	}
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
		h.conf.Print(s.name, text)
		awaitRoom(L, h.conf.Stdout)
	default:
		h.log.Info(text, keyScript, s.name)
	}
}
