package luaapi

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxStateWrite bounds what is copied for one write: the host refuses more than a script may keep in any case.
const maxStateWrite = 2 << 20

// Keeper is what a script keeps beyond its own end. It is part of Script.
type Keeper interface {
	// State is the script's own table. The host sees to it that what a task
	// wrote is on disk before the task's next wait returns.
	State() State
	// SharedState is the table that all scripts share: other scripts may read
	// and write it between any two calls.
	SharedState() State
}

// State is a table that outlives reload and restart. A path is the keys from
// the top: strings and float64. Its methods do not wait, and each of them is
// atomic.
type State interface {
	// Get reads a value: nil if there is none. Of a table it says only that it
	// is one.
	Get(path []any) (v any, table bool)
	// Copy reads all that lies at path, tables as map[any]any.
	Copy(path []any) any
	// Set writes a string, float64, bool or map[any]any; nil deletes. The
	// error says which limit it would pass, or that the table it lies in is
	// gone; then nothing was written.
	Set(path []any, v any) error
	// Len is the number of items of the list at path.
	Len(path []any) int
	// Next gives the entry after a key, numbers first and then strings, each
	// rising; nil asks for the first, and a nil key says that there is none.
	Next(path []any, after any) (k, v any, table bool)
}

var stateFields = []entry{
	{name: "state", result: "state", doc: "a table of the script's own that outlives reload and restart; calling it, or a table in it, gives a copy",
		get: func(m *module, L *lua.LState, _ any) lua.LValue { return m.keeper(m.script.State(), "hik.state") }},
	{name: "shared_state", result: "state", doc: "the same for all scripts together; each read and each write is atomic, two of them are not",
		get: func(m *module, L *lua.LState, _ any) lua.LValue {
			return m.keeper(m.script.SharedState(), "hik.shared_state")
		}},
}

// stateTable is a table of the state as a script holds it: only the way there.
// It is userdata, not a table: table.insert and its like must not write into
// a table that is thrown away.
type stateTable struct {
	m     *module
	state State
	name  string // hik.state
	path  []any
}

// String names it for errors: "hik.state.a[3]".
func (s *stateTable) String() string { return s.at(s.path...) }

func (s *stateTable) at(path ...any) string {
	var b strings.Builder
	b.WriteString(s.name)
	for _, k := range path {
		b.WriteString(indexText(toLua(s.m.L, k)))
	}
	return b.String()
}

// keeper makes the object for a state.
func (m *module) keeper(state State, name string) *lua.LUserData {
	return m.stateObject(&stateTable{m: m, state: state, name: name})
}

func (m *module) stateObject(s *stateTable) *lua.LUserData {
	if m.stateMeta == nil {
		m.stateMeta = m.newStateMeta()
	}
	ud := m.L.NewUserData()
	ud.Value, ud.Metatable = s, m.stateMeta
	return ud
}

// newStateMeta makes the metatable of all state tables of a script.
func (m *module) newStateMeta() *lua.LTable {
	mt := m.L.CreateTable(0, 0)
	set := func(event string, fn func(c *call, s *stateTable) int) {
		mt.RawSetString(event, m.bind("hik.state", func(c *call) int {
			s := stateOf(c.arg(0))
			if s == nil {
				c.misuse("this is none of its tables")
			}
			c.name = s.name
			return fn(c, s)
		}))
	}
	mt.RawSetString("__metatable", lua.LString("hik state table"))
	set("__index", (*call).stateGet)
	set("__newindex", (*call).stateSet)
	set("__len", func(c *call, s *stateTable) int {
		return c.push(lua.LNumber(s.state.Len(s.path)))
	})
	next := m.bind("next", func(c *call) int { return c.stateNext(stateOf(c.arg(0))) })
	set("__pairs", func(c *call, _ *stateTable) int {
		c.L.Push(next)
		c.L.Push(c.arg(0))
		c.L.Push(lua.LNil)
		return 3
	})
	set("__eq", func(c *call, s *stateTable) int {
		other := stateOf(c.arg(1))
		return c.push(lua.LBool(other != nil && s.name == other.name && slices.Equal(s.path, other.path)))
	})
	set("__call", func(c *call, s *stateTable) int {
		c.atMost(1)
		return c.push(s.copy())
	})
	set("__tostring", func(c *call, s *stateTable) int {
		return c.push(lua.LString(s.text()))
	})
	return mt
}

// stateOf is the state table that v is, or nil.
func stateOf(v lua.LValue) *stateTable {
	if ud, ok := v.(*lua.LUserData); ok {
		if s, ok := ud.Value.(*stateTable); ok {
			return s
		}
	}
	return nil
}

func (c *call) stateGet(s *stateTable) int {
	key, ok := stateKey(c.arg(1))
	if !ok {
		return c.push(lua.LNil)
	}
	path := s.below(key)
	v, table := s.state.Get(path)
	return c.push(s.value(path, v, table))
}

func (c *call) stateSet(s *stateTable) int {
	key, ok := stateKey(c.arg(1))
	if !ok {
		c.misuse("a key is a string or a number, not %s", describe(c.arg(1)))
	}
	path := s.below(key)
	w := newCopier(c.L, s.at(path...), "the state keeps")
	w.keys, w.most, w.tooLarge = stateKeys, maxStateWrite, "the value is larger than a script may keep, which is 1 MB"
	v, err := w.copy(c.arg(2))
	if err != nil {
		raiseMisuse(c.L, "%v", err)
	}
	if err := s.state.Set(path, v); err != nil {
		c.refuse(err)
	}
	return 0
}

// stateNext gives what follows a key: the next function of pairs.
func (c *call) stateNext(s *stateTable) int {
	if s == nil {
		c.misuse("this is no table of the state")
	}
	var after any
	if c.arg(1) != lua.LNil {
		key, ok := stateKey(c.arg(1))
		if !ok {
			c.misuse("%s has no key that is %s", s, describe(c.arg(1)))
		}
		after = key
	}
	k, v, table := s.state.Next(s.path, after)
	if k == nil {
		return c.push(lua.LNil)
	}
	c.L.Push(toLua(c.L, k))
	c.L.Push(s.value(s.below(k), v, table))
	return 2
}

func (s *stateTable) below(key any) []any { return append(slices.Clip(s.path), key) }

// value is what lies at path, as a script sees it.
func (s *stateTable) value(path []any, v any, table bool) lua.LValue {
	if table {
		return s.m.stateObject(&stateTable{s.m, s.state, s.name, path})
	}
	return toLua(s.m.L, v)
}

// stateKey is a key of a state table.
func stateKey(v lua.LValue) (any, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return float64(v), true
	}
	return nil, false
}

// copy makes an ordinary table of what lies there now; nil if it is gone.
func (s *stateTable) copy() lua.LValue {
	v := s.state.Copy(s.path)
	if _, ok := v.(map[any]any); ok {
		return toLua(s.m.L, v)
	}
	return lua.LNil // gone, or not a table any more
}

// text is what print and the REPL show.
func (s *stateTable) text() string {
	v := s.copy()
	if v == lua.LNil {
		return s.String() + " (no longer there)"
	}
	text, err := encodeJSON(nil, v, "")
	if err != nil {
		return fmt.Sprintf("%s (a table)", s)
	}
	return s.String() + " " + shorten(text, 4000)
}
