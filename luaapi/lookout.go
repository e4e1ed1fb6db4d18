package luaapi

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// lookEvery is how many values are read or written between two looks: about a
// millisecond.
const lookEvery = 1000

// lookout lets a loop in Go end with its task. Lua looks at the task's context
// between its instructions, and one call of ours is one instruction.
type lookout struct {
	L      *lua.LState // nil: there is no task
	rounds int
}

// round counts one value, and looks now and then.
func (o *lookout) round() {
	if o.rounds++; o.rounds%lookEvery == 0 {
		o.look()
	}
}

// each calls f with all keys and values of t, which f must not change, in the order that pairs has, until f returns an error.
// LTable.ForEach has another order each time.
func (o *lookout) each(t *lua.LTable, f func(key, value lua.LValue) error) error {
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		o.round()
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}

// look raises the reason if the task has been ended.
func (o *lookout) look() {
	if o.L != nil {
		sandbox.Check(o.L)
	}
}
