package sandbox

import (
	"context"
	_ "unsafe" // for go:linkname

	lua "github.com/yuin/gopher-lua"
)

// upstreamInstructions is gopher-lua's own table of what each instruction does.
//
//go:linkname upstreamInstructions github.com/yuin/gopher-lua.jumpTable
var upstreamInstructions [lua.OP_NOP + 1]instruction

type instruction func(L *lua.LState, inst uint32, base *frame) int

// instructions is that table with a concatenation that is bounded.
var instructions = func() [lua.OP_NOP + 1]instruction {
	table := upstreamInstructions
	table[lua.OP_CONCAT] = concat
	return table
}()

// concat refuses a string that is too large before it is made: a..b..c is one instruction, and takes seconds and gigabytes
// if it may.
func concat(L *lua.LState, inst uint32, base *frame) int {
	sum := 0
	for i := int(inst>>9) & 0x1ff; i >= int(inst&0x1ff); i-- {
		switch v := L.Get(i + 1).(type) { // register i
		case lua.LString:
			sum += len(v)
		case lua.LNumber:
		default:
			sum = 0 // a metamethod makes something else of all that stands behind it
		}
		if sum > DefaultMaxString {
			L.RaiseError("string too large, at most %d MB", DefaultMaxString>>20)
		}
	}
	return upstreamInstructions[lua.OP_CONCAT](L, inst, base)
}

// upstreamLoop is gopher-lua's main loop for states without a context.
var upstreamLoop = func() interpreter {
	if foreign != "" {
		return nil // New says so
	}
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 1, RegistrySize: 1})
	defer L.Close()
	return of(L).mainLoop
}()

// interpret runs Lua functions as gopher-lua's mainLoop does, until the flag is stopped.
//
// gopher-lua's own loop for states with a context does a select before each instruction, which costs a tenth of the speed
// even if the channel is nil. This one looks at the flag before every eighth: one instruction is not interrupted anyway.
func interpret(L *lua.LState, base *frame) {
	if cf := of(L).currentFrame; cf == nil || cf.Fn.IsG {
		upstreamLoop(L, base)
		return
	}
	flag := L.Context().(*Flag) // whoever sets another context sets another loop, too
	for flag.reason.Load() == nil {
		inst := fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
		inst = fetch(L)
		if instructions[inst>>26](L, inst, base) == 1 {
			return
		}
	}
	fetch(L) // the line is that of what comes next: what came before may stand in front of the loop, or in another function
	L.RaiseError("%s", flag.Err().Error())
}

// fetch takes the next instruction.
func fetch(L *lua.LState) uint32 {
	cf := of(L).currentFrame
	inst := cf.Fn.Proto.Code[cf.Pc]
	cf.Pc++
	return inst
}

// setFlag makes flag the context of L, so that Flag.Stop ends whatever runs there.
func setFlag(L *lua.LState, flag *Flag) {
	L.SetContext(flag)
	of(L).mainLoop = interpret
}

// setContext gives L the context of another thread, nil for none.
func setContext(L *lua.LState, ctx context.Context) {
	switch ctx := ctx.(type) {
	case nil:
		if L.Context() != nil {
			L.RemoveContext()
		}
	case *Flag:
		setFlag(L, ctx)
	default:
		L.SetContext(ctx)
	}
}
