package sandbox

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// The checks of arguments say what Lua's own say, and read numbers in strings and write numbers as text as it does,
// which those of gopher-lua's LState do not.

// number gives argument n, which may be a string that reads as a number.
func number(L *lua.LState, n int) lua.LNumber {
	f, ok := toNumber(L.Get(n))
	if !ok {
		typeError(L, n, "number")
	}
	return f
}

// integer gives argument n cut to a whole number that arithmetic on it cannot overflow.
func integer(L *lua.LState, n int) int { return whole(number(L, n)) }

func optInteger(L *lua.LState, n, def int) int {
	if L.Get(n) == lua.LNil {
		return def
	}
	return integer(L, n)
}

func whole(f lua.LNumber) int {
	const limit = min(1<<52, math.MaxInt)
	switch {
	case f != f:
		return 0
	case f > limit:
		return limit
	case f < -limit:
		return -limit
	}
	return int(f)
}

// checkText gives argument n, a string or a number.
func checkText(L *lua.LState, n int) string {
	switch v := L.Get(n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return NumberText(v)
	}
	typeError(L, n, "string")
	return ""
}

func optText(L *lua.LState, n int, def string) string {
	if L.Get(n) == lua.LNil {
		return def
	}
	return checkText(L, n)
}

func checkTable(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

func checkFunction(L *lua.LState, n int) *lua.LFunction {
	fn, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return fn
}

// checkAny gives argument n, which must be there, be it nil.
func checkAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		argError(L, n, "value expected")
	}
	return L.Get(n)
}

func typeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	argError(L, n, expected+" expected, got "+got)
}

// argError raises the error about argument n of the running library function.
func argError(L *lua.LState, n int, message string) {
	name, method := called(L)
	if method {
		n--
		if n == 0 {
			raisef(L, "calling '%s' on bad self (%s)", name, message)
		}
	}
	raisef(L, "bad argument #%d to '%s' (%s)", n, name, message)
}

// called tells what the caller called the running function, and whether as a method: self is no argument then. A
// function without a name there, as pcall calls it, is found in the libraries.
func called(L *lua.LState) (name string, method bool) {
	f := current(L)
	if name := f.name(); name != "" {
		return name, f.Parent.callsMethod()
	}
	for _, library := range []string{"", "string", "table", "math", "os", "coroutine", "io", "debug"} {
		t := L.G.Global
		if library != "" {
			t, _ = t.RawGetString(library).(*lua.LTable)
		}
		if t == nil {
			continue
		}
		found := ""
		t.ForEach(func(key, value lua.LValue) {
			if value == f.Fn && found == "" {
				found = key.String()
			}
		})
		if found != "" {
			return found, false
		}
	}
	return "?", false
}

// callsMethod says whether the call that f, a Lua function's frame, is in the middle of is written obj:name().
func (f *frame) callsMethod() bool {
	code := f.Fn.Proto.Code
	call := code[f.Pc-1]
	for pc := f.Pc - 2; pc >= 0; pc-- { // back to what loaded the function
		inst := code[pc]
		if argA(inst) != argA(call) {
			continue
		}
		switch opcode(inst) {
		case lua.OP_SELF:
			return true
		case lua.OP_MOVE, lua.OP_GETGLOBAL, lua.OP_GETUPVAL, lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_CALL, lua.OP_CLOSURE:
			return false
		}
	}
	return false
}

// raisef raises an error with the place of the function that called the running one.
func raisef(L *lua.LState, format string, args ...any) {
	rethrow(L, lua.LString(placeBefore(L, 1)+fmt.Sprintf(format, args...)))
}

// tooLarge raises the error for a result beyond the limit.
func tooLarge(L *lua.LState) { raisef(L, "resulting string too large") }
