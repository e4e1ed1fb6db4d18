package sandbox

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// What gopher-lua does wrong, or slowly, and cannot be mended through its exported functions: a yield across a Go
// function (nothing tells where the nested interpreters are), a yield whose results nobody fills in, errors that close
// the upvalues of frames that live on, a context that is asked before each instruction, call stacks that are either large
// or slow. So its states are reached through a mirror of their layout. Were a version of gopher-lua laid out in another
// way, New would panic at its first call, and TestInternals says why.

// thread mirrors the head of gopher-lua's LState.
type thread struct {
	G       *lua.Global
	Parent  *lua.LState
	Env     *lua.LTable
	Panic   func(*lua.LState)
	Dead    bool
	Options lua.Options

	stop         int32
	reg          unsafe.Pointer
	stack        frames // its calls
	alloc        unsafe.Pointer
	currentFrame *frame // the innermost call; nil if nothing runs
	wrapped      bool
	uvcache      *lua.Upvalue // those that are still registers, in the order of their index
	hasErrorFunc bool
	mainLoop     interpreter // what runs its functions
}

// of gives the inside of L.
func of(L *lua.LState) *thread { return (*thread)(unsafe.Pointer(L)) }

// frame mirrors gopher-lua's callFrame.
type frame struct {
	Idx        int
	Fn         *lua.LFunction
	Parent     *frame
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
	next  *upvalue
	reg   unsafe.Pointer
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

// foreign names the first thing that is not as the mirrors here have it; empty: all is.
var foreign = inspect()

func inspect() string {
	state := reflect.TypeFor[lua.LState]()
	if m := mismatch(reflect.TypeFor[thread](), state, false); m != "" {
		return m
	}
	field := func(name string) reflect.Type { f, _ := state.FieldByName(name); return f.Type }
	call, loop := field("currentFrame"), field("mainLoop")
	switch {
	case call.Kind() != reflect.Pointer:
		return "LState.currentFrame is no pointer"
	case field("uvcache") != reflect.TypeFor[*lua.Upvalue]():
		return "LState.uvcache is no *Upvalue"
	case !sameMethods(field("stack"), reflect.TypeFor[frames]()):
		return "LState.stack has other methods"
	case loop.Kind() != reflect.Func || loop.NumOut() != 0 || loop.NumIn() != 2 || loop.In(0) != reflect.PointerTo(state) || loop.In(1) != call:
		return "LState.mainLoop is another function"
	}
	if m := mismatch(reflect.TypeFor[frame](), call.Elem(), true); m != "" {
		return m
	}
	return mismatch(reflect.TypeFor[upvalue](), reflect.TypeFor[lua.Upvalue](), false)
}

// sameMethods says whether two interfaces have methods of the same names, with as many parameters and results.
func sameMethods(a, b reflect.Type) bool {
	if a.Kind() != reflect.Interface || a.NumMethod() != b.NumMethod() {
		return false
	}
	for i := range a.NumMethod() {
		x, y := a.Method(i), b.Method(i)
		if x.Name != y.Name || x.Type.NumIn() != y.Type.NumIn() || x.Type.NumOut() != y.Type.NumOut() {
			return false
		}
	}
	return true
}

// mismatch names the first field of mirror that real does not have at the same place.
func mismatch(mirror, real reflect.Type, whole bool) string {
	if whole && mirror.Size() != real.Size() {
		return real.String() + " has another size"
	}
	for i := range mirror.NumField() {
		want := mirror.Field(i)
		got, ok := real.FieldByName(want.Name)
		if !ok || got.Offset != want.Offset || got.Type.Size() != want.Type.Size() {
			return real.String() + "." + want.Name + " is not where it was"
		}
	}
	return ""
}

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
	return int(f.Fn.Proto.Code[f.Pc-1]>>9)&0x1ff - 1
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
		switch int(f.Fn.Proto.Code[f.Pc-1] >> 26) {
		case lua.OP_CALL, lua.OP_TAILCALL:
		default:
			return true
		}
	}
	return false
}
