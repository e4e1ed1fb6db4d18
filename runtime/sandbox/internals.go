package sandbox

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// Two faults of gopher-lua cannot be mended through its exported functions: a yield across a Go function (nothing tells
// where the nested interpreters are) and errors closing the upvalues of frames that live on. So three unexported
// fields are read, and one written, by offsets that reflection gives. Were a version of gopher-lua laid out in another
// way, New would panic at its first call, and TestInternals says why.

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

type layout struct {
	currentFrame, uvcache uintptr
	fault                 string // what is not as expected
}

var offsets = inspect()

func inspect() layout {
	var o layout
	state := reflect.TypeFor[lua.LState]()
	cf, ok1 := state.FieldByName("currentFrame")
	uv, ok2 := state.FieldByName("uvcache")
	if !ok1 || !ok2 {
		o.fault = "LState has no currentFrame or no uvcache"
		return o
	}
	o.currentFrame, o.uvcache = cf.Offset, uv.Offset
	if cf.Type.Kind() != reflect.Pointer || uv.Type != reflect.TypeFor[*lua.Upvalue]() {
		o.fault = "LState's currentFrame or uvcache has another type"
		return o
	}
	if f := mismatch(reflect.TypeFor[frame](), cf.Type.Elem(), true); f != "" {
		o.fault = f
	} else if f := mismatch(reflect.TypeFor[upvalue](), reflect.TypeFor[lua.Upvalue](), false); f != "" {
		o.fault = f
	}
	return o
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
func current(L *lua.LState) *frame {
	return *(**frame)(unsafe.Add(unsafe.Pointer(L), offsets.currentFrame))
}

// openUpvalues gives the list of L's upvalues that are still registers, in the order of their index.
func openUpvalues(L *lua.LState) **lua.Upvalue {
	return (**lua.Upvalue)(unsafe.Add(unsafe.Pointer(L), offsets.uvcache))
}

// dropUpvalues ends the open upvalues of frames that are gone without having closed them, which only a stack overflow or a
// Go panic leaves behind: their registers are empty, so their values are nil.
func dropUpvalues(L *lua.LState) {
	list := openUpvalues(L)
	for uv := *list; uv != nil; uv = (*lua.Upvalue)(unsafe.Pointer((*upvalue)(unsafe.Pointer(uv)).next)) {
		if !uv.IsClosed() {
			uv.Close()
			uv.SetValue(lua.LNil)
		}
	}
	*list = nil
}

// depth is how many calls are inside each other on L.
func depth(L *lua.LState) int {
	if f := current(L); f != nil {
		return f.Idx + 1
	}
	return 0
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
