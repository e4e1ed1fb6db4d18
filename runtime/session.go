package runtime

import (
	"context"
	"errors"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// Session is a Lua state that is fed line by line. A motion without duration
// belongs to it, not to the line that began it.
type Session struct {
	s     *script
	owner *device.Owner
}

// NewSession opens a session; the host must be open. The zero Output is where
// the host's scripts write.
func (h *Host) NewSession(out Output) *Session {
	s := h.newScript("repl", "repl", out)
	s.live = true
	n := &Session{s: s, owner: &device.Owner{Name: "the REPL", Script: "repl", Task: "repl/line"}}
	clock.OnDone(s.ctx, n.owner.End) // the host may end before the session does
	return n
}

// Eval runs one piece of Lua, an expression or statements, and returns its
// values as text that Lua could read where that is possible. Ending ctx ends
// it. It runs on a goroutine of the clock.
func (n *Session) Eval(ctx context.Context, code string) ([]string, error) {
	t, err := n.s.newTask(taskSpec{name: "line"})
	if err != nil {
		return nil, err
	}
	defer clock.OnDone(ctx, func() { t.cancel(ErrInterrupted) })()
	t.awaited, t.owner, t.keepsHeads = true, n.owner, true
	t.ctx = device.WithOwner(t.ctx, n.owner)
	var values []string
	t.start(func(L *lua.LState) error {
		fn, err := sandbox.Load(L, []byte("return "+code), "repl")
		if err != nil {
			fn, err = sandbox.Load(L, []byte(code), "repl")
		}
		if err != nil {
			return err
		}
		if err := t.call(L, fn); err != nil {
			return err
		}
		for _, v := range t.results {
			values = append(values, luaapi.Inspect(L, v))
		}
		return nil
	})
	t.join(context.Background())
	return values, t.err
}

// Names lists the keys below a path such as "hik" or "cam", for completion.
func (n *Session) Names(path []string) []string {
	n.s.lock.Lock(context.Background())
	defer n.s.lock.Unlock()
	var v lua.LValue = n.s.L.Get(lua.GlobalsIndex)
	for _, key := range path {
		table, ok := v.(*lua.LTable)
		if !ok {
			return nil
		}
		v = table.RawGetString(key)
	}
	if data, ok := v.(*lua.LUserData); ok {
		if meta, ok := data.Metatable.(*lua.LTable); ok {
			v = meta.RawGetString("__methods")
		}
	}
	table, ok := v.(*lua.LTable)
	if !ok {
		return nil
	}
	var names []string
	table.ForEach(func(k, _ lua.LValue) {
		if name, ok := k.(lua.LString); ok {
			names = append(names, string(name))
		}
	})
	return names
}

// ErrInterrupted is the error of a line that the operator broke off.
var ErrInterrupted = errors.New("interrupted")

// IsInterrupt reports whether an error of Eval only says that its context
// ended.
func IsInterrupt(err error) bool { return errors.Is(err, ErrInterrupted) }

// Complete reports whether code can be run as it stands: false if more lines
// have to follow.
func (n *Session) Complete(code string) bool {
	n.s.lock.Lock(context.Background())
	defer n.s.lock.Unlock()
	if _, err := sandbox.Load(n.s.L, []byte("return "+code), "repl"); err == nil {
		return true
	}
	_, err := sandbox.Load(n.s.L, []byte(code), "repl")
	return err == nil || !unfinished(err)
}

// unfinished reports whether a syntax error is one that more lines may mend.
func unfinished(err error) bool {
	var syntax *sandbox.SyntaxError
	return errors.As(err, &syntax) && syntax.Unfinished
}

// StopHeads stops every head that the session has set moving.
func (n *Session) StopHeads() {
	n.owner.StopHeads()
}

// Close ends the session's tasks and stops its heads.
func (n *Session) Close() {
	n.owner.End()
	n.s.stop(errShutdown)
}
