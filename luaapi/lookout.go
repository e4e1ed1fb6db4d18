package luaapi

import lua "github.com/yuin/gopher-lua"

// lookEvery is how many values are read or written between two looks: about a
// millisecond.
const lookEvery = 1000

// lookout lets a loop in Go end with its task. Lua looks at the task's context
// between its instructions, and one call of ours is one instruction.
type lookout struct {
	L      *lua.LState // nil: nobody ends it
	rounds int
}

// round counts one value, and looks now and then.
func (o *lookout) round() {
	if o.rounds++; o.rounds%lookEvery == 0 {
		o.look()
	}
}

// look raises the reason if the task has been ended.
func (o *lookout) look() {
	if o.L == nil {
		return
	}
	if ctx := o.L.Context(); ctx != nil && ctx.Err() != nil {
		o.L.RaiseError("%s", ctx.Err().Error())
	}
}
