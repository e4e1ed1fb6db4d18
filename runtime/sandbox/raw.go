package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

func baseType(L *lua.LState) int {
	return one(L, lua.LString(checkAny(L, 1).Type().String()))
}

func baseRawEqual(L *lua.LState) int {
	return one(L, lua.LBool(L.RawEqual(checkAny(L, 1), checkAny(L, 2))))
}

func baseRawGet(L *lua.LState) int {
	return one(L, checkTable(L, 1).RawGet(checkAny(L, 2)))
}

func baseRawSet(L *lua.LState) int {
	t, key := checkTable(L, 1), checkAny(L, 2)
	value := checkAny(L, 3)
	if n, ok := key.(lua.LNumber); ok && math.IsNaN(float64(n)) {
		raisef(L, "table index is NaN")
	}
	if key == lua.LNil {
		raisef(L, "table index is nil")
	}
	t.RawSet(key, value)
	L.SetTop(1)
	return 1
}

// baseSelect counts a negative number from the end.
func baseSelect(L *lua.LState) int {
	top := L.GetTop()
	if L.Get(1) == lua.LString("#") {
		return one(L, lua.LNumber(top-1))
	}
	n := integer(L, 1)
	if n < 0 {
		n += top
	}
	if n < 1 {
		argError(L, 1, "index out of range")
	}
	return max(top-n, 0)
}

// environment gives the function that argument 1 of getfenv and setfenv means: itself, or one that many calls out; nil for
// level 0, the thread.
func environment(L *lua.LState, def int) *lua.LFunction {
	if fn, ok := L.Get(1).(*lua.LFunction); ok {
		return fn
	}
	level := def
	if L.Get(1) != lua.LNil || def == 0 {
		level = integer(L, 1)
	}
	if level < 0 {
		argError(L, 1, "level must be non-negative")
	}
	if level == 0 {
		return nil
	}
	f := current(L)
	for ; level > 0 && f != nil; level-- {
		f = f.Parent
	}
	if f == nil {
		argError(L, 1, "invalid level")
	}
	return f.Fn
}

// baseGetFEnv gives the globals of a library function, whose own the host keeps for itself.
func baseGetFEnv(L *lua.LState) int {
	switch fn := environment(L, 1); {
	case fn == nil:
		L.Push(L.Env)
	case fn.IsG:
		L.Push(L.G.Global)
	default:
		L.Push(fn.Env)
	}
	return 1
}

func baseSetFEnv(L *lua.LState) int {
	env := checkTable(L, 2)
	fn := environment(L, 0)
	if fn == nil {
		L.Env = env
		return 0
	}
	if fn.IsG {
		raisef(L, "'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	return one(L, fn)
}
