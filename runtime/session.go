package runtime

import (
	"context"
	"errors"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/scripts"
)

// Session is a Lua state that is fed line by line. A motion without duration
// belongs to it, not to the line that began it. What a line declares by local
// lives on, devices of the site are there by name, and _ is the last value.
type Session struct {
	s     *script
	owner *device.Owner
	env   *lua.LTable // of the lines; guarded by the script's lock
}

// Value is what a line has given.
type Value struct {
	Text    string `json:"text"`              // as Lua that can be pasted back, where that is possible
	Picture []byte `json:"picture,omitempty"` // of a snapshot
}

// NewSession opens a session; the host must be open. The zero Output is where
// the host's scripts write. The error says that the host has ended.
func (h *Host) NewSession(out Output) (*Session, error) {
	if err := clock.Cause(h.ctx); err != nil {
		return nil, h.handedOver(err)
	}
	s := h.newScript("repl", "repl", out)
	s.live = true
	h.mu.Lock()
	s.session = true
	h.mu.Unlock()
	n := &Session{s: s, owner: &device.Owner{Name: "the REPL", Script: "repl", Task: "repl/line"}}
	n.env = sandbox.Lines(s.L, n.deviceNamed)
	clock.OnDone(s.ctx, n.owner.End) // the host may end before the session does
	return n, nil
}

// deviceNamed is the device of the site that a name means which no variable
// has.
func (n *Session) deviceNamed(L *lua.LState, name string) lua.LValue {
	if !slices.Contains(n.s.host.site().DeviceNames(), name) {
		return lua.LNil
	}
	return luaapi.DeviceObject(L, name)
}

// Eval runs one piece of Lua, an expression or statements, and returns its
// values. Ending ctx ends it. It runs on a goroutine of the clock.
func (n *Session) Eval(ctx context.Context, code string) ([]Value, error) {
	t, err := n.s.newTask(taskSpec{name: "line"})
	if err != nil {
		return nil, n.s.host.handedOver(err)
	}
	defer clock.OnDone(ctx, func() { t.cancel(ErrInterrupted) })()
	t.awaited, t.owner, t.keepsHeads = true, n.owner, true
	t.ctx = device.WithOwner(t.ctx, n.owner)
	var values []Value
	t.start(func(L *lua.LState) error {
		fn, err := sandbox.LoadLine(L, []byte("return "+code), "repl", n.env)
		if err != nil {
			fn, err = sandbox.LoadLine(L, []byte(code), "repl", n.env)
		}
		if err != nil {
			return err
		}
		if err := t.call(L, fn); err != nil {
			return err
		}
		for _, v := range t.results {
			values = append(values, Value{luaapi.Inspect(L, v), luaapi.Picture(L, v)})
		}
		if len(t.results) > 0 && t.results[0] != lua.LNil {
			n.env.RawSetString("_", t.results[0])
		}
		return nil
	})
	t.join(context.Background())
	return values, n.s.host.handedOver(t.err)
}

// Outline is what is known of the variable that a path such as "hik" or
// "cams.gate" leads to, without running Lua; the empty path is all variables.
// The error is that of ctx if it ended before the Lua state was free.
func (n *Session) Outline(ctx context.Context, path []string) (luaapi.Outline, error) {
	if err := n.s.lock.Acquire(ctx); err != nil {
		return luaapi.Outline{}, err
	}
	defer n.s.lock.Release()
	globals := n.s.L.Get(lua.GlobalsIndex).(*lua.LTable)
	if len(path) == 0 {
		all := luaapi.OutlineOf(n.s.L, n.env)
		all.Keys = append(all.Keys, luaapi.OutlineOf(n.s.L, globals).Keys...)
		all.Keys = append(all.Keys, n.s.host.site().DeviceNames()...)
		slices.Sort(all.Keys)
		all.Keys = slices.Compact(all.Keys)
		return all, nil
	}
	v := n.env.RawGetString(path[0])
	if v == lua.LNil {
		v = globals.RawGetString(path[0])
	}
	if v == lua.LNil {
		v = n.deviceNamed(n.s.L, path[0])
	}
	for _, key := range path[1:] {
		table, ok := v.(*lua.LTable)
		if !ok {
			return luaapi.Outline{}, nil
		}
		v = luaapi.Content(table).RawGetString(key)
	}
	o := luaapi.OutlineOf(n.s.L, v)
	if o.Owner == "" && v != lua.LNil {
		o.Owner = n.moduleNamed(globals, v)
	}
	return o, nil
}

// moduleNamed is the name of the module of hiklua's own that a value is; "": it
// is none.
func (n *Session) moduleNamed(globals *lua.LTable, v lua.LValue) string {
	pkg, _ := globals.RawGetString("package").(*lua.LTable)
	if pkg == nil {
		return ""
	}
	loaded, _ := pkg.RawGetString("loaded").(*lua.LTable)
	if loaded == nil {
		return ""
	}
	for _, name := range scripts.Names() {
		if loaded.RawGetString(name) == v {
			return name
		}
	}
	return ""
}

// Whole reports whether code can be run as it stands: false if more lines have
// to follow.
func Whole(code string) bool {
	if Expression(code) {
		return true
	}
	_, err := sandbox.Compile([]byte(code), "repl")
	return err == nil || !unfinished(err)
}

// Statements reports whether code is statements.
func Statements(code string) bool {
	_, err := sandbox.Compile([]byte(code), "repl")
	return err == nil
}

// Expression reports whether code is an expression, or several.
func Expression(code string) bool {
	_, err := sandbox.Compile([]byte("return "+code), "repl")
	return err == nil
}

// Pieces splits code that is neither statements nor an expression into pieces
// of some lines that are, each on its own, as they might be typed one after the
// other. Code that can't be split so is one piece.
func Pieces(code string) []string {
	if Statements(code) || Expression(code) {
		return []string{code}
	}
	var pieces []string
	piece := ""
	for line := range strings.Lines(code) {
		piece += line
		switch {
		case strings.TrimSpace(piece) == "":
			piece = ""
		case Statements(piece) || Expression(piece):
			pieces = append(pieces, strings.TrimRight(piece, "\n"))
			piece = ""
		case Whole(piece):
			return []string{code}
		}
	}
	if piece != "" {
		return []string{code}
	}
	return pieces
}

// unfinished reports whether a syntax error is one that more lines may mend.
func unfinished(err error) bool {
	syntax, ok := errors.AsType[*sandbox.SyntaxError](err)
	return ok && syntax.Unfinished
}

// StopHeads stops every head that the session has set moving, and reports
// whether there was one.
func (n *Session) StopHeads() bool { return n.owner.StopHeads() }

// Close ends the session's tasks and stops its heads.
func (n *Session) Close() {
	n.owner.End()
	n.s.stop(errShutdown)
}

// ErrInterrupted is the error of a line that the operator broke off.
var ErrInterrupted = errors.New("interrupted")

// IsInterrupt reports whether an error of Eval only says that its context
// ended.
func IsInterrupt(err error) bool { return errors.Is(err, ErrInterrupted) }
