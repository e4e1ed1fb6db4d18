package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// spareFrames is how many frames short of the limit Go functions refuse to call back into Lua. gopher-lua loses eight
// frames when its stack overflows in the very frame that catches the error.
const spareFrames = 16

// protect is LState.PCall (function and nargs arguments on top of the stack; results or nothing after it) with these
// differences: locals of the caller stay shared with its closures; witness sees the error object where it is raised, with
// the stack still in place, and may replace it; an overflow says so with its place; what must not be caught
// (a stopped flag, a Go panic) can be told by final.
func protect(L *lua.LState, nargs, nret int, witness func(*lua.LState, lua.LValue) lua.LValue) *lua.ApiError {
	if depth(L) >= L.Options.CallStackSize-spareFrames {
		L.Pop(nargs + 1)
		object := lua.LString(placeBefore(L, 0) + "stack overflow")
		return &lua.ApiError{Type: lua.ApiErrorRun, Object: object, StackTrace: untraced}
	}
	// LState.PCall sets LState.Panic, so ours has to be set below it.
	below := enter
	if witness != nil {
		below = witnessed(witness)
	}
	L.Insert(&lua.LFunction{IsG: true, Env: L.Env, GFunction: below}, L.GetTop()-nargs)
	nargs++
	// gopher-lua closes all open upvalues of the thread when an error is raised. Those of the frames that live on are
	// hidden from it.
	list := openUpvalues(L)
	hidden := *list
	*list = nil
	err := L.PCall(nargs, nret, nil)
	if err == nil {
		*list = hidden
		return nil
	}
	api, ok := err.(*lua.ApiError)
	if !ok {
		api = &lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(err.Error())}
	}
	dropUpvalues(L)
	if api.Type == lua.ApiErrorPanic && panicIn(api.Object) == nil {
		api.Object = afterPanic(api)
	}
	*list = hidden
	return api
}

// enter calls the first of its arguments with the others.
func enter(L *lua.LState) int {
	L.Panic = raise
	L.Call(L.GetTop()-1, lua.MultRet)
	return L.GetTop()
}

func witnessed(witness func(*lua.LState, lua.LValue) lua.LValue) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Panic = func(L *lua.LState) {
			L.Panic = raise // an error inside the witness is the error
			object := mended(L, L.Get(-1))
			if !final(L, object) {
				object = witness(L, object)
			}
			throw(object)
		}
		L.Call(L.GetTop()-1, lua.MultRet)
		return L.GetTop()
	}
}

// untraced keeps LState.PCall from writing a traceback for every error that is caught, which takes milliseconds on a
// deep stack and seconds when a stopped task has a thousand pcalls to leave.
const untraced = "-"

func throw(object lua.LValue) {
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: object, StackTrace: untraced})
}

// raise is what LState.Panic is while Lua runs; the error object is on top of the stack.
func raise(L *lua.LState) { throw(mended(L, L.Get(-1))) }

// mended gives a message that was raised inside our machinery the place of whoever called it.
func mended(L *lua.LState, object lua.LValue) lua.LValue {
	message, ok := object.(lua.LString)
	if !ok {
		return object
	}
	rest, ours := strings.CutPrefix(string(message), machinery+":1: ")
	if !ours {
		return object
	}
	return lua.LString(placeBefore(L, 0) + rest)
}

// afterPanic gives the error object for a Go panic that LState.PCall caught.
func afterPanic(e *lua.ApiError) lua.LValue {
	message := e.Object.String()
	goStack, luaStack, _ := strings.Cut(e.StackTrace, "stack traceback:\n")
	if message != overflow {
		return (&goPanic{message: "panic in the host: " + message, stack: strings.TrimSpace(goStack)}).value()
	}
	for line := range strings.Lines(luaStack) {
		place, _, ok := strings.Cut(strings.TrimSpace(line), " in ")
		if ok && !strings.HasPrefix(place, "[G]") && !strings.HasPrefix(place, machinery) {
			return lua.LString(place + " stack overflow")
		}
	}
	return lua.LString("stack overflow")
}

// final says whether an error must end the task whatever the script does.
func final(L *lua.LState, object lua.LValue) bool {
	return stopped(L) || panicIn(object) != nil
}

// rethrow raises an error object as it is; but once the task is stopped, that is the error.
func rethrow(L *lua.LState, object lua.LValue) {
	if ctx := L.Context(); ctx != nil && panicIn(object) == nil {
		if reason := ctx.Err(); reason != nil {
			message, ok := object.(lua.LString)
			if !ok || !strings.HasSuffix(string(message), reason.Error()) {
				object = lua.LString(placeBefore(L, 0) + reason.Error())
			}
		}
	}
	L.Error(object, 0)
}

// callable puts the function that calling the value at index n means below its arguments, which reach to the top. It
// gives the number of arguments, or false if the value cannot be called.
func callable(L *lua.LState, n int) (nargs int, ok bool) {
	v := L.Get(n)
	if _, ok := v.(*lua.LFunction); ok {
		return L.GetTop() - n, true
	}
	fn, ok := L.GetMetaField(v, "__call").(*lua.LFunction)
	if !ok {
		return 0, false
	}
	L.Insert(fn, n)
	return L.GetTop() - n, true
}

func basePCall(L *lua.LState) int {
	v := L.CheckAny(1)
	nargs, ok := callable(L, 1)
	if !ok {
		L.Push(lua.LFalse)
		L.Push(lua.LString("attempt to call a " + v.Type().String() + " value"))
		return 2
	}
	return finish(L, protect(L, nargs, lua.MultRet, nil))
}

// baseXPCall calls the handler where the error is raised, so that its traceback shows the culprit. Further arguments go
// to the function, as in later versions of Lua.
func baseXPCall(L *lua.LState) int {
	v := L.CheckAny(1)
	handler := L.CheckFunction(2)
	L.Remove(2)
	nargs, ok := callable(L, 1)
	if !ok {
		L.Push(lua.LFalse)
		L.Push(lua.LString("attempt to call a " + v.Type().String() + " value"))
		return 2
	}
	handled := false
	handle := func(L *lua.LState, object lua.LValue) lua.LValue {
		handled = true
		L.Push(handler)
		L.Push(object)
		L.Call(1, 1)
		result := L.Get(-1)
		L.Pop(1)
		return result
	}
	err := protect(L, nargs, lua.MultRet, handle)
	if err != nil && !handled && !final(L, err.Object) { // an overflow: there was no room for the handler
		err.Object = handle(L, err.Object)
	}
	return finish(L, err)
}

// finish gives pcall's results, which fill the stack of the calling function.
func finish(L *lua.LState, err *lua.ApiError) int {
	if err == nil {
		L.Insert(lua.LTrue, 1)
		return L.GetTop()
	}
	if final(L, err.Object) {
		rethrow(L, err.Object)
	}
	L.SetTop(0)
	L.Push(lua.LFalse)
	L.Push(err.Object)
	return 2
}
