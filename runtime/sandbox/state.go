package sandbox

import lua "github.com/yuin/gopher-lua"

// state is what the library functions of one LState share. It is touched by whoever runs that LState.
type state struct {
	Options
}

// New gives a state with the libraries open: base, table, string, math, coroutine, and what is harmless of os, io and
// debug. There is no require; the host sets that global. Close it with LState.Close when no thread of it runs.
func New(options Options) *lua.LState {
	s := &state{Options: options.withDefaults()}
	L := lua.NewState(lua.Options{
		CallStackSize:       s.CallDepth,
		RegistrySize:        128,
		RegistryGrowStep:    256,
		RegistryMaxSize:     1 << 20,
		SkipOpenLibs:        true,
		MinimizeStackMemory: true,
		IncludeGoStackTrace: true,
	})
	L.G.MainThread = L
	L.G.CurrentThread = L
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenString, lua.OpenMath, lua.OpenCoroutine, lua.OpenOs} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	return L
}
