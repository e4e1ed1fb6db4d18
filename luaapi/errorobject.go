package luaapi

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// errorType is the name of the error objects' metatable in the registry.
const errorType = "hik error"

// openErrors makes the metatable of error objects: one readable line for
// tostring, and ".." works as it does with the strings that error gives.
func openErrors(L *lua.LState) *lua.LTable {
	mt := L.NewTypeMetatable(errorType)
	if mt.RawGetString("__tostring") != lua.LNil {
		return mt
	}
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(reportOf(L.CheckTable(1)).String()))
		return 1
	}))
	mt.RawSetString("__concat", L.NewFunction(concat))
	mt.RawSetString("__metatable", lua.LString(errorType))
	return mt
}

// newErrorObject makes the table that a script's pcall gets.
func newErrorObject(L *lua.LState, r Report) *lua.LTable {
	t := L.CreateTable(0, 0)
	for _, f := range []struct{ key, value string }{
		{"kind", r.Kind}, {"message", r.Message}, {"hint", r.Hint}, {"device", r.Device}, {"sub_status", r.SubStatus},
		{"script", r.Script}, {"file", r.File}, {"traceback", r.Traceback},
	} {
		setText(t, f.key, f.value)
	}
	setNumber(t, "channel", r.Channel)
	setNumber(t, "status", r.Status)
	setNumber(t, "line", r.Line)
	t.RawSetString("retryable", lua.LBool(r.Retryable))
	t.Metatable = openErrors(L)
	return t
}

// reportOf reads an error object back, or any table that a script raised in
// the same manner. Scripts may have changed its fields.
func reportOf(t *lua.LTable) Report {
	text := func(key string) string {
		if v := t.RawGetString(key); lua.LVCanConvToString(v) {
			return sandbox.Text(v)
		}
		return ""
	}
	number := func(key string) int {
		n, _ := t.RawGetString(key).(lua.LNumber)
		return int(n)
	}
	return Report{
		Kind: text("kind"), Message: text("message"), Hint: text("hint"),
		Device: text("device"), Channel: number("channel"),
		Status: number("status"), SubStatus: text("sub_status"),
		Retryable: lua.LVAsBool(t.RawGetString("retryable")),
		Script:    text("script"), File: text("file"), Line: number("line"),
		Traceback: text("traceback"),
	}
}

// isErrorObject reports whether t came from newErrorObject.
func isErrorObject(t *lua.LTable) bool {
	mt, ok := t.Metatable.(*lua.LTable)
	return ok && mt.RawGetString("__metatable") == lua.LString(errorType)
}
