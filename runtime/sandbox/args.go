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
	f, ok := ToNumber(L.Get(n))
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
	raisef(L, "%s", current(L).badArgument(L, n, message))
}

// raisef raises an error with the place of the function that called the running one.
func raisef(L *lua.LState, format string, args ...any) {
	rethrow(L, lua.LString(placeBefore(L, 1)+fmt.Sprintf(format, args...)))
}

// tooLarge raises the error for a result beyond the limit.
func tooLarge(L *lua.LState) { raisef(L, "resulting string too large") }

// resultOf gives the first result of fn.
func resultOf(L *lua.LState, fn lua.LValue, args ...lua.LValue) lua.LValue {
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	L.Call(len(args), 1)
	result := L.Get(-1)
	L.Pop(1)
	return result
}

// one is what a library function returns that gives v alone.
func one(L *lua.LState, v lua.LValue) int {
	L.Push(v)
	return 1
}
