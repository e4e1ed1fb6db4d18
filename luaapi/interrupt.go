package luaapi

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// checkEvery is how many values are read or written between two checks, about a
// millisecond.
const checkEvery = 1000

// interruptible lets a loop in Go end with its task. Lua checks the task's
// context between two instructions, and a call of a Go function is one of them.
type interruptible struct {
	L      *lua.LState // nil: there is no task
	rounds int
}

// tick counts one value, and checks now and then.
func (o *interruptible) tick() {
	if o.rounds++; o.rounds%checkEvery == 0 {
		o.check()
	}
}

// each calls f with all keys and values of t, which f must not change, in the order that pairs has, until f returns an error.
// LTable.ForEach has another order each time.
func (o *interruptible) each(t *lua.LTable, f func(key, value lua.LValue) error) error {
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		o.tick()
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}

// check raises the reason if the task has been ended.
func (o *interruptible) check() {
	if o.L != nil {
		sandbox.Spend(o.L, 50*checkEvery)
	}
}
