package sandbox

import (
	"reflect"
	"testing"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// If this fails after an update of gopher-lua, look at internals.go field by field before anything else.
func TestInternals(t *testing.T) {
	if foreign != "" {
		t.Fatal(foreign)
	}
	for i, inst := range upstreamInstructions {
		if inst == nil || instructions[i] == nil {
			t.Errorf("instruction %d is missing", i)
		}
	}
}

// A layout that has changed is seen.
func TestMismatch(t *testing.T) {
	type moved struct {
		G   *lua.Global
		Env *lua.LTable // stands third
	}
	type grown struct {
		G    *lua.Global
		Dead [2]bool
	}
	type strange struct{ Nowhere unsafe.Pointer }
	for _, mirror := range []any{moved{}, grown{}, strange{}} {
		if mismatch(reflect.TypeOf(mirror), reflect.TypeFor[lua.LState](), false) == "" {
			t.Errorf("%T passes", mirror)
		}
	}
	if mismatch(reflect.TypeFor[thread](), reflect.TypeFor[lua.LState](), true) == "" {
		t.Error("a part passes as the whole")
	}
	type fewer interface{ At(int) *frame }
	if sameMethods(reflect.TypeFor[fewer](), reflect.TypeFor[frames]()) {
		t.Error("an interface with fewer methods passes")
	}
}
