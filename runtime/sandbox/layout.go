package sandbox

import (
	"cmp"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

const (
	upstreamPath    = "github.com/yuin/gopher-lua"
	upstreamVersion = "v1.1.2" // what the mirrors in internals.go and loop.go were written for
)

// layout is what this package reaches inside gopher-lua, past the exported names that the compiler checks.
type layout struct {
	state   reflect.Type      // LState
	frame   reflect.Type      // callFrame
	stack   reflect.Type      // callFrameStack
	upvalue reflect.Type      // Upvalue
	reg     reflect.Type      // registry
	opcodes []string          // names of the instructions by their number
	code    []uint32          // what the compiler makes of sampleSource
	table   *instructionTable // jumpTable
	numbers reflect.Type      // what makes values of numbers, LState.alloc
}

// upstreamLayout describes the gopher-lua that this program was built with.
func upstreamLayout() layout {
	l := layout{
		state: reflect.TypeFor[lua.LState](), upvalue: reflect.TypeFor[lua.Upvalue](),
		opcodes: opcodeNames(), code: sample().Code, table: &upstreamInstructions,
	}
	if f, ok := l.state.FieldByName("stack"); ok {
		l.stack = f.Type
	}
	if f, ok := l.state.FieldByName("reg"); ok && f.Type.Kind() == reflect.Pointer {
		l.reg = f.Type.Elem()
	}
	if f, ok := l.state.FieldByName("alloc"); ok {
		l.numbers = f.Type
	}
	if f, ok := l.state.FieldByName("currentFrame"); ok && f.Type.Kind() == reflect.Pointer {
		l.frame = f.Type.Elem()
	}
	return l
}

// checkLayout is called by New. Its error says what differs from the gopher-lua that the mirrors were written for.
var checkLayout = sync.OnceValue(func() error {
	difference := upstreamLayout().difference()
	if difference == "" {
		L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 1, RegistrySize: 1})
		defer L.Close()
		upstreamLoop, upstreamPanic = of(L).mainLoop, L.Panic
		fetchAllocatorMethods(L)
		return nil
	}
	return layoutError(difference)
})

func layoutError(difference string) error {
	version := "another version"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == upstreamPath {
				version = dep.Version
				if dep.Replace != nil {
					version = dep.Replace.Path + " " + dep.Replace.Version
				}
			}
		}
	}
	return fmt.Errorf("hiklua needs gopher-lua %s and was built with %s: %s", upstreamVersion, version, difference)
}

// difference names the first thing that is not as the mirrors have it; "" if all is.
func (l layout) difference() string {
	d := cmp.Or(
		fieldDifference("LState", reflect.TypeFor[thread](), l.state),
		fieldDifference("callFrame", reflect.TypeFor[frame](), l.frame),
		methodDifference("callFrameStack", reflect.TypeFor[frames](), l.stack),
		fieldDifference("Upvalue", reflect.TypeFor[upvalue](), l.upvalue),
		fieldDifference("registry", reflect.TypeFor[registry](), l.reg),
		opcodeDifference(l.opcodes),
		codeDifference(l.code),
	)
	if d == "" && (l.numbers == nil || !l.numbers.Implements(reflect.TypeFor[numberAllocator]())) {
		d = fmt.Sprintf("%s, which LState.alloc is, has no LNumber2I(LNumber) LValue", l.numbers)
	}
	if want := reflect.TypeFor[frame]().Size(); d == "" && l.frame.Size() != want {
		d = fmt.Sprintf("a callFrame has %d bytes, not %d", l.frame.Size(), want)
	}
	if want := reflect.TypeFor[registry]().Size(); d == "" && l.reg.Size() != want {
		d = fmt.Sprintf("a registry has %d bytes, not %d", l.reg.Size(), want)
	}
	if d == "" {
		d = tableDifference(l.table) // runs what was compared so far
	}
	return d
}

// fieldDifference compares the fields that a mirror has with those of the real struct: name, type and place.
func fieldDifference(name string, mirror, real reflect.Type) string {
	if real == nil || real.Kind() != reflect.Struct {
		return fmt.Sprintf("%s is no struct", name)
	}
	for i := range mirror.NumField() {
		want := mirror.Field(i)
		typ := typeName(want)
		got, ok := real.FieldByName(want.Name)
		switch {
		case !ok:
			for j := range real.NumField() {
				if f := real.Field(j); f.Offset == want.Offset {
					return fmt.Sprintf("%s.%s is missing; at its place is %s, a %s", name, want.Name, f.Name, f.Type)
				}
			}
			return fmt.Sprintf("%s.%s is missing", name, want.Name)
		case got.Type.String() != typ:
			return fmt.Sprintf("%s.%s is a %s, not a %s", name, want.Name, got.Type, typ)
		case got.Offset != want.Offset:
			return fmt.Sprintf("%s.%s has moved from byte %d to byte %d", name, want.Name, want.Offset, got.Offset)
		}
	}
	return ""
}

// typeName is the type that the real field of a mirror's field has: the one of its tag, else the same one.
func typeName(f reflect.StructField) string {
	if name := f.Tag.Get("real"); name != "" {
		return name
	}
	return f.Type.String()
}

// methodDifference compares two interfaces. A method is found by its place in the order of the names, so an additional one is
// as bad as a missing one.
func methodDifference(name string, mirror, real reflect.Type) string {
	if real == nil || real.Kind() != reflect.Interface {
		return fmt.Sprintf("%s is no interface", name)
	}
	for i := range mirror.NumMethod() {
		want := mirror.Method(i)
		got, ok := real.MethodByName(want.Name)
		switch {
		case !ok:
			return fmt.Sprintf("%s has no method %s", name, want.Name)
		case signature(got) != signature(want):
			return fmt.Sprintf("%s.%s is a %s, not a %s", name, want.Name, signature(got), signature(want))
		}
	}
	for i := range real.NumMethod() {
		if m := real.Method(i); !hasMethod(mirror, m.Name) {
			return fmt.Sprintf("%s has another method, %s", name, m.Name)
		}
	}
	return ""
}

// signature is a method's type in gopher-lua's names.
func signature(m reflect.Method) string {
	return strings.ReplaceAll(m.Type.String(), "sandbox.frame", "lua.callFrame")
}

func hasMethod(t reflect.Type, name string) bool { _, ok := t.MethodByName(name); return ok }
