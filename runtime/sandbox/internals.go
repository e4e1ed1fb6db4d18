package sandbox

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// What gopher-lua does wrong, or slowly, and cannot be mended through its exported functions: a yield across a Go
// function (nothing tells where the nested interpreters are), a yield whose results are never filled in, errors that close
// the upvalues of frames that live on, a context that is asked before each instruction, call stacks that are either large
// or slow. So its states are reached through mirrors of their layout, which checkLayout compares with the real one before the first
// state is made. A field that has another type here than there names the real one in its tag.

// thread mirrors the head of gopher-lua's LState.
type thread struct {
	G       *lua.Global
	Parent  *lua.LState
	Env     *lua.LTable
	Panic   func(*lua.LState)
	Dead    bool
	Options lua.Options

	stop         int32
	reg          unsafe.Pointer `real:"*lua.registry"`
	stack        frames         `real:"lua.callFrameStack"` // its calls
	alloc        unsafe.Pointer `real:"*lua.allocator"`
	currentFrame *frame         `real:"*lua.callFrame"` // the innermost call; nil if nothing runs
	wrapped      bool
	uvcache      *lua.Upvalue // those that are still registers, in the order of their index
	hasErrorFunc bool
	mainLoop     interpreter `real:"func(*lua.LState, *lua.callFrame)"` // what runs its functions
}

// of gives the inside of L.
func of(L *lua.LState) *thread { return (*thread)(unsafe.Pointer(L)) }

// frame mirrors gopher-lua's callFrame.
type frame struct {
	Idx        int
	Fn         *lua.LFunction
	Parent     *frame `real:"*lua.callFrame"`
	Pc         int
	Base       int
	LocalBase  int
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int
}

// upvalue mirrors the head of gopher-lua's Upvalue.
type upvalue struct {
	next  *upvalue       `real:"*lua.Upvalue"`
	reg   unsafe.Pointer `real:"*lua.registry"`
	index int
}

// frames mirrors gopher-lua's callFrameStack, the calls of one state. An interface's methods are found by their place
// in the order of their names, so all of them have to be here.
type frames interface {
	At(sp int) *frame
	FreeAll()
	IsEmpty() bool
	IsFull() bool
	Last() *frame
	Pop() *frame
	Push(v frame)
	SetSp(sp int)
	Sp() int
}

// interpreter mirrors the type of gopher-lua's main loops.
type interpreter func(L *lua.LState, base *frame)

// current gives the innermost frame of L, nil if nothing runs.
func current(L *lua.LState) *frame { return of(L).currentFrame }

// dropUpvalues ends the open upvalues of frames that are gone without having closed them, which only a Go
// panic leaves behind: their registers are empty, so their values are nil.
func dropUpvalues(L *lua.LState) {
	list := &of(L).uvcache
	for uv := *list; uv != nil; uv = (*lua.Upvalue)(unsafe.Pointer((*upvalue)(unsafe.Pointer(uv)).next)) {
		if !uv.IsClosed() {
			uv.Close()
			uv.SetValue(lua.LNil)
		}
	}
	*list = nil
}

// wants gives how many results the call expects that f, a Lua function's frame, is in the middle of: lua.MultRet for all.
func (f *frame) wants() int {
	return argC(f.Fn.Proto.Code[f.Pc-1]) - 1
}

// crossesGo says whether a Go function or a metamethod stands between the innermost frame of L, a Go function, and
// the start of the coroutine: then a nested interpreter would have to be left, which a yield cannot.
func crossesGo(L *lua.LState) bool {
	f := current(L)
	if f == nil {
		return true
	}
	for f = f.Parent; f != nil; f = f.Parent {
		if f.Fn.IsG || f.Pc == 0 {
			return true
		}
		switch opcode(f.Fn.Proto.Code[f.Pc-1]) {
		case lua.OP_CALL, lua.OP_TAILCALL:
		default:
			return true
		}
	}
	return false
}
