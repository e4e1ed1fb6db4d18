package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// protect calls what is on top of the stack, a function below its nargs arguments, and leaves nret results or nothing
// in its place. It stands for LState.PCall with these differences: locals of the caller stay shared with its closures;
// witness, if there is one, sees the error object where it is raised, with the stack still in place, and may replace it;
// a Go panic comes with Go's stack, and can be told by final like a stopped flag;
// no traceback is written for an error that is caught, which takes milliseconds on a deep stack and seconds when a
// stopped task has a thousand pcalls to leave.
func protect(L *lua.LState, nargs, nret int, witness func(*lua.LState, lua.LValue) lua.LValue) (fault *lua.ApiError) {
	stack := of(L).stack
	sp, innermost, top, raised := stack.Sp(), current(L), L.GetTop()-nargs-1, L.Panic
	L.Panic = raise
	if witness != nil {
		L.Panic = witnessed(witness)
	}
	// gopher-lua closes all open upvalues of the thread when an error is raised. Those of the frames that live on are
	// hidden from it.
	list := &of(L).uvcache
	hidden := *list
	*list = nil
	defer func() {
		L.Panic = raised
		if r := recover(); r != nil {
			fault = caught(L, r)
			dropUpvalues(L)
			stack.SetSp(sp)
			of(L).currentFrame = innermost
			L.SetTop(top)
			spend(L, 500) // an error takes microseconds
		}
		*list = hidden
	}()
	L.Call(nargs, nret)
	return nil
}

// caught makes an error of what was recovered. The frames where it happened are still there.
func caught(L *lua.LState, recovered any) *lua.ApiError {
	if e, ok := recovered.(*lua.ApiError); ok {
		return e
	}
	return &lua.ApiError{Type: lua.ApiErrorPanic, Object: newGoPanic(recovered).value()}
}

func witnessed(witness func(*lua.LState, lua.LValue) lua.LValue) func(*lua.LState) {
	return func(L *lua.LState) {
		L.Panic = raise // an error inside the witness is the error
		object := worded(L, mended(L, L.Get(-1)))
		if !final(L, object) {
			object = witness(L, object)
		}
		throw(object)
	}
}

func throw(object lua.LValue) {
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: object})
}

// raise is what LState.Panic is while Lua runs; the error object is on top of the stack.
func raise(L *lua.LState) { throw(worded(L, mended(L, L.Get(-1)))) }

// mended gives a message that was raised inside our machinery the place of the machinery's caller.
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
	v := checkAny(L, 1)
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
	v := checkAny(L, 1)
	handler := checkFunction(L, 2)
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
		return resultOf(L, handler, object)
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
