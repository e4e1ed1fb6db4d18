package sandbox

import lua "github.com/yuin/gopher-lua"

// concat refuses a string that is too large before it is made: a..b..c is one instruction, and takes seconds and gigabytes
// if it may. Numbers are written as Lua does.
func concat(L *lua.LState, inst uint32, base *frame) int {
	first, last := argB(inst)+1, argC(inst)+1 // as L.Get counts registers
	sum, numbers, others := 0, false, false
	for i := last; i >= first; i-- {
		switch v := L.Get(i).(type) {
		case lua.LString:
			sum += len(v)
		case lua.LNumber:
			numbers = true
		default:
			others = true
			sum = 0 // a metamethod makes something else of all that stands behind it
		}
		if sum > maxString {
			L.RaiseError("string too large, at most %d MB", maxString>>20)
		}
	}
	spendOn(L, sum)
	if others {
		L.Replace(argA(inst)+1, concatPairs(L, first, last))
		return 0
	}
	if numbers {
		for i := first; i <= last; i++ {
			if n, ok := L.Get(i).(lua.LNumber); ok {
				L.Replace(i, lua.LString(NumberText(n)))
			}
		}
	}
	return upstreamInstructions[lua.OP_CONCAT](L, inst, base)
}

// concatPairs concatenates from the right, two values at a time, because a metamethod may be among them.
func concatPairs(L *lua.LState, first, last int) lua.LValue {
	right := L.Get(last)
	for i := last - 1; i >= first; i-- {
		left := L.Get(i)
		if lua.LVCanConvToString(left) && lua.LVCanConvToString(right) {
			a, b := Text(left), Text(right)
			if len(a)+len(b) > maxString {
				L.RaiseError("string too large, at most %d MB", maxString>>20)
			}
			right = lua.LString(a + b)
			continue
		}
		method := L.GetMetaField(left, "__concat")
		if method == lua.LNil {
			method = L.GetMetaField(right, "__concat")
		}
		if method == lua.LNil {
			culprit := left
			if lua.LVCanConvToString(left) {
				culprit = right
			}
			L.RaiseError("attempt to concatenate a %s value", culprit.Type().String())
		}
		right = resultOf(L, method, left, right)
	}
	return right
}
