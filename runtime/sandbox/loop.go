package sandbox

import (
	"context"
	_ "unsafe" // for go:linkname

	lua "github.com/yuin/gopher-lua"
)

// upstreamInstructions is gopher-lua's own table of what each instruction does.
//
//go:linkname upstreamInstructions github.com/yuin/gopher-lua.jumpTable
var upstreamInstructions instructionTable

type (
	instruction      func(L *lua.LState, inst uint32, base *frame) int
	instructionTable [lua.OP_NOP + 1]instruction
)

// instructions is that table with a concatenation that is bounded, and which writes numbers as Lua does, a for loop that
// reads text as numbers as Lua does, and Lua's arithmetic, comparisons and metamethods.
var instructions = func() instructionTable {
	table := upstreamInstructions
	table[lua.OP_CONCAT], table[lua.OP_FORPREP], table[lua.OP_LEN] = concat, forPrep, length
	for op := lua.OP_ADD; op <= lua.OP_POW; op++ {
		table[op] = calculate
	}
	table[lua.OP_UNM], table[lua.OP_EQ], table[lua.OP_LT], table[lua.OP_LE] = minus, equal, order, order
	return table
}()

// upstreamLoop is gopher-lua's main loop for states without a context. checkLayout fetches it.
var upstreamLoop interpreter

// upstreamPanic is what its states do about an error that no call protects from. checkLayout fetches it.
var upstreamPanic func(*lua.LState)

// interpret runs Lua functions as gopher-lua's mainLoop does, until the flag is stopped.
//
// gopher-lua's own loop for states with a context does a select before each instruction, which costs a tenth of the speed
// even if the channel is nil. This one looks at the flag before every eighth: one instruction is not interrupted anyway.
func interpret(L *lua.LState, base *frame) {
	if cf := of(L).currentFrame; cf == nil || cf.Fn.IsG {
		upstreamLoop(L, base)
		return
	}
	flag := L.Context().(*Flag) // setContext sets another loop with any other context
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
	if flag.tooLong != nil {
		of(L).mainLoop = interpretBounded
	}
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
