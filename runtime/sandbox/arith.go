package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// Strings that read as numbers take part in arithmetic. gopher-lua reads them in its own way where it finds no metamethod,
// so the metatable of strings has one for each operator, as that of Lua 5.4 has. Arithmetic on numbers never comes here.
var operators = map[string]func(a, b lua.LNumber) lua.LNumber{
	"__add": func(a, b lua.LNumber) lua.LNumber { return a + b },
	"__sub": func(a, b lua.LNumber) lua.LNumber { return a - b },
	"__mul": func(a, b lua.LNumber) lua.LNumber { return a * b },
	"__div": func(a, b lua.LNumber) lua.LNumber { return a / b },
	"__mod": modulo,
	"__pow": func(a, b lua.LNumber) lua.LNumber { return lua.LNumber(math.Pow(float64(a), float64(b))) },
	"__unm": func(a, _ lua.LNumber) lua.LNumber { return -a },
}

// textArithmetic gives the metamethods of strings.
func textArithmetic() map[string]lua.LGFunction {
	methods := make(map[string]lua.LGFunction)
	for event, operator := range operators {
		methods[event] = func(L *lua.LState) int {
			a, b := L.Get(1), L.Get(2)
			if event == "__unm" {
				b = a
			}
			x, isNumber := ToNumber(a)
			y, both := ToNumber(b)
			if isNumber && both {
				return one(L, operator(x, y))
			}
			other := b // one of the two is a string, the metamethod of the other counts
			if _, isString := b.(lua.LString); isString {
				other = a
			}
			if _, isString := other.(lua.LString); !isString {
				if own := L.GetMetaField(other, event); own != lua.LNil {
					return one(L, resultOf(L, own, a, b))
				}
			}
			culprit := b
			if !isNumber {
				culprit = a
			}
			raisef(L, "attempt to perform arithmetic on a %s value", culprit.Type())
			return 0
		}
	}
	return methods
}

// forPrep begins a numeric for, whose bounds may be strings.
func forPrep(L *lua.LState, inst uint32, base *frame) int {
	first := argA(inst) + 1
	for i, name := range []string{"initial value", "limit", "step"} {
		switch v := L.Get(first + i).(type) {
		case lua.LNumber:
		case lua.LString:
			n, ok := parseNumber(string(v))
			if !ok {
				L.RaiseError("'for' %s must be a number", name)
			}
			L.Replace(first+i, n)
		default:
			L.RaiseError("'for' %s must be a number", name)
		}
	}
	return upstreamInstructions[lua.OP_FORPREP](L, inst, base)
}
