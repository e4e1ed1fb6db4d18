package sandbox

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// If this fails after an update of gopher-lua, look at internals.go field by field before anything else.
func TestLayout(t *testing.T) {
	if d := upstreamLayout().difference(); d != "" {
		t.Fatal(d)
	}
	if err := checkLayout(); err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil || !strings.Contains(string(module), upstreamPath+" "+upstreamVersion+"\n") {
		t.Errorf("go.mod has another gopher-lua than %s: %v", upstreamVersion, err)
	}
}

// altered is a copy of a struct with some fields changed.
func altered(t reflect.Type, change func([]reflect.StructField) []reflect.StructField) reflect.Type {
	var fields []reflect.StructField
	for i := range t.NumField() {
		f := t.Field(i)
		f.Offset, f.Index = 0, nil
		fields = append(fields, f)
	}
	return reflect.StructOf(change(fields))
}

// without drops a field, with puts another in its place.
func without(name string) func([]reflect.StructField) []reflect.StructField {
	return func(fields []reflect.StructField) []reflect.StructField {
		return slices.DeleteFunc(fields, func(f reflect.StructField) bool { return f.Name == name })
	}
}

func with(name string, change func(*reflect.StructField)) func([]reflect.StructField) []reflect.StructField {
	return func(fields []reflect.StructField) []reflect.StructField {
		change(&fields[slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Name == name })])
		return fields
	}
}

func first(f reflect.StructField) func([]reflect.StructField) []reflect.StructField {
	return func(fields []reflect.StructField) []reflect.StructField { return slices.Insert(fields, 0, f) }
}

// Frame stacks of other versions.
type (
	longer interface {
		frames
		Peek() *frame
	}
	shorter interface {
		At(sp int) *frame
		FreeAll()
	}
	taller interface { // Sp gives another number
		At(sp int) *frame
		FreeAll()
		IsEmpty() bool
		IsFull() bool
		Last() *frame
		Pop() *frame
		Push(v frame)
		SetSp(sp int)
		Sp() int64
	}
)

// otherAllocator makes numbers in another way.
type otherAllocator interface {
	LNumber2I(v lua.LNumber) *lua.LValue
}

// The guard names whatever another version of gopher-lua has in another way.
func TestLayoutDifferences(t *testing.T) {
	rename := func(name string) func(*reflect.StructField) { return func(f *reflect.StructField) { f.Name = name } }
	retype := func(t reflect.Type) func(*reflect.StructField) { return func(f *reflect.StructField) { f.Type = t } }
	added := reflect.StructField{Name: "Added", Type: reflect.TypeFor[int]()}
	for want, change := range map[string]func(*layout){
		"LState.uvcache is missing; at its place is cache, a *lua.Upvalue": func(l *layout) { l.state = altered(l.state, with("uvcache", rename("cache"))) },
		"LState.mainLoop is missing":                                       func(l *layout) { l.state = altered(l.state, without("mainLoop")) },
		"LState.Dead is a int, not a bool":                                 func(l *layout) { l.state = altered(l.state, with("Dead", retype(reflect.TypeFor[int]()))) },
		"LState.uvcache is a **lua.Upvalue, not a *lua.U":                  func(l *layout) { l.state = altered(l.state, with("uvcache", retype(reflect.TypeFor[**lua.Upvalue]()))) },
		"LState.mainLoop is a func(*lua.LState), not a func(*lua.LState, *lua.callFrame)": func(l *layout) {
			l.state = altered(l.state, with("mainLoop", retype(reflect.TypeFor[func(*lua.LState)]())))
		},
		"LState.currentFrame is a unsafe.Pointer, not a *lua.callFrame": func(l *layout) {
			l.state = altered(l.state, with("currentFrame", retype(reflect.TypeFor[unsafe.Pointer]())))
		},
		"LState.G has moved from byte 0 to byte 8": func(l *layout) { l.state = altered(l.state, first(added)) },
		"LState is no struct":                      func(l *layout) { l.state = reflect.TypeFor[func()]() },
		"callFrame.Idx has moved from byte 0":      func(l *layout) { l.frame = altered(l.frame, first(added)) },
		"callFrame.Pc is a int32, not a int":       func(l *layout) { l.frame = altered(l.frame, with("Pc", retype(reflect.TypeFor[int32]()))) },
		"callFrame.TailCall is missing":            func(l *layout) { l.frame = altered(l.frame, without("TailCall")) },
		"a callFrame has 88 bytes, not 80": func(l *layout) {
			l.frame = altered(l.frame, func(fields []reflect.StructField) []reflect.StructField { return append(fields, added) })
		},
		"callFrame is no struct":                              func(l *layout) { l.frame = nil },
		"callFrameStack has another method, Peek":             func(l *layout) { l.stack = reflect.TypeFor[longer]() },
		"callFrameStack has no method IsEmpty":                func(l *layout) { l.stack = reflect.TypeFor[shorter]() },
		"callFrameStack.Sp is a func() int64, not a func() i": func(l *layout) { l.stack = reflect.TypeFor[taller]() },
		"callFrameStack is no interface":                      func(l *layout) { l.stack = l.frame },
		"registry.array has moved from byte 0":                func(l *layout) { l.reg = altered(l.reg, first(added)) },
		"a registry has 80 bytes, not 72": func(l *layout) {
			l.reg = altered(l.reg, func(fields []reflect.StructField) []reflect.StructField { return append(fields, added) })
		},
		"registry.handler is missing":                    func(l *layout) { l.reg = altered(l.reg, without("handler")) },
		"registry is no struct":                          func(l *layout) { l.reg = nil },
		"Upvalue.index is a uint32, not a int":           func(l *layout) { l.upvalue = altered(l.upvalue, with("index", retype(reflect.TypeFor[uint32]()))) },
		"Upvalue.next is missing; at its place is above": func(l *layout) { l.upvalue = altered(l.upvalue, with("next", rename("above"))) },
		"there are 40 instructions, not 42":              func(l *layout) { l.opcodes = l.opcodes[:40] },
		"there are 43 instructions, not 42: IDIV is new": func(l *layout) { l.opcodes = append(slices.Clone(l.opcodes), "IDIV") },
		"instruction 24 is JMP, not CONCAT": func(l *layout) {
			l.opcodes = slices.Clone(l.opcodes)
			l.opcodes[24], l.opcodes[25] = l.opcodes[25], l.opcodes[24]
		},
		"*int, which LState.alloc is, has no LNumber2I(LNumber) LValue": func(l *layout) { l.numbers = reflect.TypeFor[*int]() },
		"otherAllocator, which LState.alloc is, has no LNumber2I":       func(l *layout) { l.numbers = reflect.TypeFor[otherAllocator]() },
		`CALL 0 2 2, TEST`:                      func(l *layout) { l.code = slices.Clone(l.code); l.code[3] -= 1 << 9 },
		`is "", not "GETGLOBAL`:                 func(l *layout) { l.code = nil },
		"there is no jumpTable, or it is empty": func(l *layout) { l.table = new(instructionTable) },
		"jumpTable[41], NOP, is nil":            func(l *layout) { l.change(func(table *instructionTable) { table[41] = nil }) },
		"jumpTable[24], CONCAT, is no function of gopher-lua": func(l *layout) {
			l.change(func(table *instructionTable) { table[lua.OP_CONCAT] = concat })
		},
		"jumpTable[0], MOVE, is no function": func(l *layout) { // a slice
			slice := l.table[:]
			l.table = new(instructionTable)
			*(*[]instruction)(unsafe.Pointer(l.table)) = slice
		},
		"jumpTable[0], MOVE, is no function of": func(l *layout) { // a map
			all := map[int]instruction{}
			for i, f := range l.table {
				all[i] = f
			}
			l.table = new(instructionTable)
			*(*map[int]instruction)(unsafe.Pointer(l.table)) = all
		},
		"jumpTable[3], LOADBOOL, is no function": func(l *layout) { // a struct that holds small numbers
			l.change(func(table *instructionTable) { *(*uintptr)(unsafe.Pointer(&table[3])) = 42 })
		},
		"jumpTable[5], GETUPVAL, is no function": func(l *layout) { // ... or large ones
			l.change(func(table *instructionTable) { *(*uintptr)(unsafe.Pointer(&table[5])) = 1 << 46 })
		},
		"the instructions of jumpTable give one5x, not one7x": func(l *layout) {
			l.change(func(table *instructionTable) { table[lua.OP_ADD] = table[lua.OP_MOVE] })
		},
		"the instructions of jumpTable can't be run": func(l *layout) {
			l.change(func(table *instructionTable) { table[lua.OP_RETURN] = table[lua.OP_LEN] })
		},
	} {
		l := upstreamLayout()
		change(&l)
		if got := l.difference(); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// change gives l a copy of the table, changed.
func (l *layout) change(f func(*instructionTable)) {
	table := *l.table
	f(&table)
	l.table = &table
}

// What no mirror has may change.
func TestLayoutTolerates(t *testing.T) {
	l := upstreamLayout()
	l.state = altered(l.state, without("ctxCancelFn"))
	l.upvalue = altered(l.upvalue, without("closed"))
	if d := l.difference(); d != "" {
		t.Error(d)
	}
}

// The message says which version is wanted.
func TestLayoutMessage(t *testing.T) {
	err := layoutError("LState.stack is missing")
	for _, want := range []string{"needs gopher-lua " + upstreamVersion, "built with ", "LState.stack is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: no %q", err, want)
		}
	}
}
