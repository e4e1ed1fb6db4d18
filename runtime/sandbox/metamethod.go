package sandbox

import lua "github.com/yuin/gopher-lua"

// Lua calls whatever a metatable has for an operator, also a table with __call, and gives __unm its operand twice. gopher-lua
// takes functions only, and gives __unm one argument. So metamethods are called here; what has none is left to gopher-lua.

// metamethods are those of the instructions here.
var metamethods = [lua.OP_NOP + 1]string{
	lua.OP_ADD: "__add", lua.OP_SUB: "__sub", lua.OP_MUL: "__mul", lua.OP_DIV: "__div", lua.OP_MOD: "__mod", lua.OP_POW: "__pow",
	lua.OP_LT: "__lt", lua.OP_LE: "__le",
}

// operate does + - * / % ^ with an operand that is no number.
func operate(L *lua.LState, inst uint32, base *frame) int {
	th := of(L)
	cf, registers := th.currentFrame, (*registry)(th.reg)
	x, y := operandValue(cf, registers, argB(inst)), operandValue(cf, registers, argC(inst))
	event := metamethods[opcode(inst)]
	method := L.GetMetaField(x, event)
	if method == lua.LNil {
		method = L.GetMetaField(y, event)
	}
	if method == lua.LNil {
		return upstreamInstructions[inst>>26](L, inst, base)
	}
	setRegister(th, inst, resultOf(L, method, x, y))
	return 0
}

// minus is - before an operand.
func minus(L *lua.LState, inst uint32, base *frame) int {
	th := of(L)
	x := operandValue(th.currentFrame, (*registry)(th.reg), argB(inst))
	if n, ok := x.(lua.LNumber); ok {
		setNumber(th, inst, -n)
		return 0
	}
	method := L.GetMetaField(x, "__unm")
	if method == lua.LNil {
		return upstreamInstructions[lua.OP_UNM](L, inst, base)
	}
	setRegister(th, inst, resultOf(L, method, x, x))
	return 0
}

// equal does ==.
func equal(L *lua.LState, inst uint32, _ *frame) int {
	th := of(L)
	cf, registers := th.currentFrame, (*registry)(th.reg)
	left, right := operandValue(cf, registers, argB(inst)), operandValue(cf, registers, argC(inst))
	holds := left == right
	if !holds {
		switch left.(type) {
		case *lua.LTable, *lua.LUserData:
			holds, _ = answer(L, "__eq", left, right)
		}
	}
	decide(cf, inst, holds)
	return 0
}

// order does < and <=.
func order(L *lua.LState, inst uint32, base *frame) int {
	th := of(L)
	cf, registers := th.currentFrame, (*registry)(th.reg)
	left, right := operandValue(cf, registers, argB(inst)), operandValue(cf, registers, argC(inst))
	x, isNumber := left.(lua.LNumber)
	y, both := right.(lua.LNumber)
	holds := false
	switch {
	case !isNumber || !both:
		ok := false
		if holds, ok = answer(L, metamethods[opcode(inst)], left, right); !ok {
			return upstreamInstructions[inst>>26](L, inst, base)
		}
	case opcode(inst) == lua.OP_LT:
		holds = x < y
	default:
		holds = x <= y
	}
	decide(cf, inst, holds)
	return 0
}

// decide skips the instruction behind a comparison unless this gave what A asks for.
func decide(cf *frame, inst uint32, holds bool) {
	if holds != (argA(inst) == 1) {
		cf.Pc++
	}
}

// answer asks the metamethod that two tables or userdata have in common; false if there is none.
func answer(L *lua.LState, event string, left, right lua.LValue) (holds, ok bool) {
	switch left.(type) {
	case *lua.LTable, *lua.LUserData:
	default:
		return false, false
	}
	if left.Type() != right.Type() {
		return false, false
	}
	method := L.GetMetaField(left, event)
	switch {
	case method != lua.LNil && method == L.GetMetaField(right, event):
		return lua.LVAsBool(resultOf(L, method, left, right)), true
	case method == lua.LNil && event == "__le":
		after, ok := answer(L, "__lt", right, left)
		return !after, ok
	}
	return false, false
}

// less is a < b for a library function.
func less(L *lua.LState, a, b lua.LValue) bool {
	if holds, ok := answer(L, "__lt", a, b); ok {
		return holds
	}
	return L.LessThan(a, b)
}
