package sandbox

import (
	"errors"

	lua "github.com/yuin/gopher-lua"
)

// Fault is an error that Lua code did not catch.
type Fault struct {
	// Object is what error was called with: a string with its place in front, or any other value.
	Object lua.LValue
	// Message is Object as text, without running Lua.
	Message string
	// Place is where it happened, `scripts/tour.lua:12`, or empty where no Lua function was running.
	Place string
	// Traceback is the Lua stack at that moment, one call a line, innermost first.
	Traceback string
	// GoStack is not empty if a library function panicked: a defect of the host, not of the script.
	GoStack string
	// Stopped is the reason given to Flag.Stop if that ended the code, nil if the code failed by itself.
	Stopped error
}

func (f *Fault) Error() string { return f.Message }

// Unwrap gives Stopped.
func (f *Fault) Unwrap() error { return f.Stopped }

// Call runs fn on L, which is a thread of its own or inside a library function, and gives nret results
// (lua.MultRet: all). The error is a *Fault.
func Call(L *lua.LState, fn *lua.LFunction, nret int, args ...lua.LValue) ([]lua.LValue, error) {
	top := L.GetTop()
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	if err := L.PCall(len(args), nret, nil); err != nil {
		f := &Fault{Message: err.Error()}
		var api *lua.ApiError
		if errors.As(err, &api) {
			f.Object, f.Message, f.Traceback = api.Object, api.Object.String(), api.StackTrace
		}
		if ctx := L.Context(); ctx != nil {
			f.Stopped = ctx.Err()
		}
		return nil, f
	}
	results := make([]lua.LValue, 0, L.GetTop()-top)
	for i := top + 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	L.SetTop(top)
	return results, nil
}
