package sandbox

import (
	"maps"
	"slices"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// maxIndex is the first number that is never an element of a table's array. gopher-lua fills the gap when an element
// beyond the end is set, and its default of 64 million makes `t[20251231] = true` cost 320 MB; this one, 64 MB at most.
// The price: # and the table functions count no further.
const maxIndex = 4 << 20

func init() { lua.MaxArrayIndex = maxIndex } // one setting for the process, made before any state

// state is what the library functions of one LState share. Only the holder of the script's lock touches it.
type state struct {
	Options
	alive   []weak.Pointer[lua.LState] // coroutines that had not ended when last looked at
	sweepAt int                        // length of alive at which the ended ones are dropped
	refused int                        // since the last coroutine that was made

	upstreamResume lua.LGFunction // gopher-lua's coroutine.resume

	// Metatables of strings: what the host gave, kept once a script has set another, and the one in the place of nil.
	ofStrings, noMethods lua.LValue
}

// New gives a state with the libraries open: base, table, string, math, coroutine, and what is harmless of os, io and
// debug. There is no require; the host sets that global. Close it with LState.Close when no thread of it runs. In a program
// that was built with another gopher-lua than the one this package knows, New panics and says what differs.
func New(options Options) *lua.LState {
	if err := checkLayout(); err != nil {
		panic("sandbox: " + err.Error())
	}
	s := &state{Options: options.withDefaults()}
	L := lua.NewState(lua.Options{
		CallStackSize:       1, // replaced below
		RegistrySize:        128,
		RegistryGrowStep:    256,
		RegistryMaxSize:     1 << 20,
		SkipOpenLibs:        true,
		IncludeGoStackTrace: true,
	})
	of(L).stack = newCalls(callDepth)
	L.G.MainThread = L
	L.G.CurrentThread = L
	s.openBase(L)
	openString(L)
	openTable(L)
	s.openMath(L)
	s.openCoroutine(L)
	s.openOS(L)
	s.openIO(L)
	L.G.Registry = L.CreateTable(0, 8) // forgets the libraries that functions were taken from
	s.openDebug(L)
	return L
}

// upstream opens one of gopher-lua's own libraries, from which some functions are taken.
func upstream(L *lua.LState, open lua.LGFunction) {
	L.Push(L.NewFunction(open))
	L.Call(0, 0)
}

// reserve makes room for n more values at once; pushing them one by one would copy the registry for each few hundred.
func reserve(L *lua.LState, n int) {
	top := L.GetTop()
	L.SetTop(top + n)
	L.SetTop(top)
}

// setFuncs puts functions into a table in the order of their names, so that pairs shows the same order each time.
func setFuncs(L *lua.LState, t *lua.LTable, funcs map[string]lua.LGFunction) {
	for _, name := range slices.Sorted(maps.Keys(funcs)) {
		t.RawSetString(name, L.NewFunction(funcs[name]))
	}
}
