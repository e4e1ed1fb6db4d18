package sandbox

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Fault is an error that Lua code did not catch.
type Fault struct {
	// Object is what error was called with: a string with its place in front, or any other value.
	Object lua.LValue
	// Message is Object as text. Its __tostring was asked, if it has one.
	Message string
	// Said is what a __tostring of the script's own gave for Object, cut to some thousand bytes; empty if there is none.
	Said string
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

// goPanic is inside the userdata that stands for a Go panic while it passes through Lua, which cannot catch it.
type goPanic struct{ message, stack string }

// newGoPanic is called by the deferred function that recovered it.
func newGoPanic(recovered any) *goPanic {
	return &goPanic{message: fmt.Sprint("panic in the host: ", recovered), stack: string(debug.Stack())}
}

func (p *goPanic) value() *lua.LUserData { return &lua.LUserData{Value: p, Metatable: lua.LNil} }

func panicIn(object lua.LValue) *goPanic {
	if ud, ok := object.(*lua.LUserData); ok {
		p, _ := ud.Value.(*goPanic)
		return p
	}
	return nil
}

// Call runs fn on L, which is a thread of its own or inside a library function, and gives nret results
// (lua.MultRet: all). The error is a *Fault. Library functions that call back use it, or LState.Call where an error
// is to pass; LState.PCall breaks the locals that closures share.
func Call(L *lua.LState, fn *lua.LFunction, nret int, args ...lua.LValue) ([]lua.LValue, error) {
	f := &Fault{}
	witness := func(L *lua.LState, object lua.LValue) lua.LValue {
		f.Place, f.Traceback = Place(L), Traceback(L)
		f.Said = said(L, object)
		return object
	}
	top := L.GetTop()
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	if err := protect(L, len(args), nret, witness); err != nil {
		f.describe(L, err)
		return nil, f
	}
	results := make([]lua.LValue, 0, L.GetTop()-top)
	for i := top + 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	L.SetTop(top)
	return results, nil
}

var placed = regexp.MustCompile(`^([^\n]+?:[0-9]+): `)

func (f *Fault) describe(L *lua.LState, e *lua.ApiError) {
	f.Object = e.Object
	if p := panicIn(e.Object); p != nil {
		f.Message, f.GoStack = p.message, p.stack
		f.Object = lua.LString(p.message)
	} else if f.Message = f.Said; f.Message == "" {
		f.Message = plainText(L, e.Object)
	}
	// A message that was thrown on by a pcall or a coroutine knows the first place, the stack only the last.
	if s, ok := f.Object.(lua.LString); ok {
		if m := placed.FindStringSubmatch(string(s)); m != nil {
			f.Place = m[1]
		}
	}
	if ctx := L.Context(); ctx != nil {
		f.Stopped = ctx.Err()
	}
	if f.Stopped != nil && f.GoStack == "" && !strings.HasSuffix(f.Message, f.Stopped.Error()) {
		f.Message = f.Stopped.Error() // an error that was under way when the flag was stopped
		if f.Place != "" {
			f.Message = f.Place + ": " + f.Message
		}
	}
}

const maxSaid = 4000

// said asks an error object that is a table for its text, where the script has written a __tostring for it: the error of a
// script's own class. It runs as long as the task may, and what it fails with does not count.
func said(L *lua.LState, object lua.LValue) string {
	t, ok := object.(*lua.LTable)
	if !ok {
		return ""
	}
	method := L.GetMetaField(t, "__tostring")
	if fn, ok := method.(*lua.LFunction); method == lua.LNil || ok && fn.IsG {
		return ""
	}
	L.Push(method)
	L.Push(t)
	if protect(L, 1, 1, nil) != nil {
		return ""
	}
	text := L.Get(-1)
	L.Pop(1)
	if !lua.LVCanConvToString(text) {
		return ""
	}
	return strings.ToValidUTF8(Text(text)[:min(len(Text(text)), maxSaid)], "")
}

// plainText is tostring that runs no Lua.
func plainText(L *lua.LState, v lua.LValue) string {
	if fn, ok := L.GetMetaField(v, "__tostring").(*lua.LFunction); ok && fn.IsG {
		L.Push(fn)
		L.Push(v)
		if err := protect(L, 1, 1, nil); err == nil {
			text := L.Get(-1)
			L.Pop(1)
			if s, ok := text.(lua.LString); ok {
				return string(s)
			}
		}
	}
	if v == lua.LNil {
		return "nil"
	}
	return Text(v)
}
