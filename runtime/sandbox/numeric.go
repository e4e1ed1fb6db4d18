package sandbox

import (
	"math"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// registry mirrors gopher-lua's registry, which has the registers of all calls of a state.
type registry struct {
	array   []lua.LValue
	top     int
	growBy  int
	maxSize int
	alloc   unsafe.Pointer    `real:"*lua.allocator"`
	handler [2]unsafe.Pointer `real:"lua.registryHandler"` // the state, as an interface: its type's methods and itself
}

// numberAllocator is what gopher-lua makes a value of a number with, many at once.
type numberAllocator interface {
	LNumber2I(v lua.LNumber) lua.LValue
}

// allocatorMethods is the head of each numberAllocator that holds a pointer to gopher-lua's allocator. checkLayout fetches it.
var allocatorMethods unsafe.Pointer

// allocatorOf gives the allocator of L, whose type has no exported name.
func allocatorOf(L *lua.LState) any {
	f := reflect.ValueOf(L).Elem().FieldByName("alloc")
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().Interface()
}

func fetchAllocatorMethods(L *lua.LState) {
	allocator := allocatorOf(L).(numberAllocator)
	allocatorMethods = (*[2]unsafe.Pointer)(unsafe.Pointer(&allocator))[0]
}

var minusZero lua.LValue = lua.LNumber(math.Copysign(0, -1))

// calculate does +, -, *, /, % and ^ of two numbers. gopher-lua loses the sign of a zero, and has another remainder: 10 % 0.1 is
// 0 in Lua, and 0.1 in C.
func calculate(L *lua.LState, inst uint32, base *frame) int {
	th := of(L)
	cf, registers := th.currentFrame, (*registry)(th.reg)
	x, isNumber := operandValue(cf, registers, argB(inst)).(lua.LNumber)
	y, both := operandValue(cf, registers, argC(inst)).(lua.LNumber)
	if !isNumber || !both {
		return operate(L, inst, base)
	}
	var v lua.LNumber
	switch opcode(inst) {
	case lua.OP_ADD:
		v = x + y
	case lua.OP_SUB:
		v = x - y
	case lua.OP_MUL:
		v = x * y
	case lua.OP_DIV:
		v = x / y
	case lua.OP_MOD:
		v = modulo(x, y)
	default:
		v = lua.LNumber(math.Pow(float64(x), float64(y)))
	}
	setNumber(th, inst, v)
	return 0
}

// length is that of a table or string. Lua 5.1 does not ask the metatable of a table.
func length(L *lua.LState, inst uint32, base *frame) int {
	th := of(L)
	if t, ok := operandValue(th.currentFrame, (*registry)(th.reg), argB(inst)).(*lua.LTable); ok {
		setNumber(th, inst, lua.LNumber(t.Len()))
		return 0
	}
	return upstreamInstructions[lua.OP_LEN](L, inst, base)
}

// setNumber puts v into the register that inst sets.
func setNumber(th *thread, inst uint32, v lua.LNumber) {
	if v == 0 && math.Signbit(float64(v)) {
		setRegister(th, inst, minusZero)
		return
	}
	allocator := [2]unsafe.Pointer{allocatorMethods, th.alloc}
	setRegister(th, inst, (*(*numberAllocator)(unsafe.Pointer(&allocator))).LNumber2I(v))
}

func setRegister(th *thread, inst uint32, v lua.LValue) {
	registers, at := (*registry)(th.reg), th.currentFrame.LocalBase+argA(inst)
	registers.array[at] = v
	if at >= registers.top {
		registers.top = at + 1
	}
}

// operandValue reads a register, or a constant of the function.
func operandValue(cf *frame, registers *registry, rk int) lua.LValue {
	if rk&0x100 != 0 {
		return cf.Fn.Proto.Constants[rk&0xff]
	}
	return registers.array[cf.LocalBase+rk]
}

// modulo is a % b as Lua 5.1 computes it. The conversion keeps processors from doing both steps in one, with another rounding.
func modulo(a, b lua.LNumber) lua.LNumber {
	return a - lua.LNumber(lua.LNumber(math.Floor(float64(a/b)))*b)
}
