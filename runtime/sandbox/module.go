package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// OpenModule gives a state the global module of Lua 5.1 and, in pkg, package.seeall. loaded is package.loaded, which the host's
// require looks into.
func OpenModule(L *lua.LState, pkg, loaded *lua.LTable) {
	L.SetGlobal("module", L.NewFunction(func(L *lua.LState) int { return module(L, loaded) }))
	pkg.RawSetString("seeall", L.NewFunction(seeAll))
}

// module makes the table of a module, or takes the one there is, and makes it the globals of the function that calls.
func module(L *lua.LState, loaded *lua.LTable) int {
	name := checkText(L, 1)
	t, ok := loaded.RawGetString(name).(*lua.LTable)
	if !ok {
		if t = globalTable(L, name); t == nil {
			raisef(L, "name conflict for module '%s'", name)
		}
		loaded.RawSetString(name, t)
	}
	caller := current(L).Parent
	if caller == nil || caller.Fn.IsG {
		raisef(L, "'module' not called from a Lua function")
	}
	if L.GetField(t, "_NAME") == lua.LNil {
		L.SetField(t, "_M", t)
		L.SetField(t, "_NAME", lua.LString(name))
		L.SetField(t, "_PACKAGE", lua.LString(name[:strings.LastIndexByte(name, '.')+1]))
	}
	caller.Fn.Env = t
	for i := 2; i <= L.GetTop(); i++ {
		if option, ok := L.Get(i).(*lua.LFunction); ok {
			L.Push(option)
			L.Push(t)
			L.Call(1, 0)
		}
	}
	return 0
}

// globalTable finds the table of a name such as a.b among the script's globals, and makes those that are missing; nil if
// something else has the name.
func globalTable(L *lua.LState, name string) *lua.LTable {
	t := L.G.Global
	for part := range strings.SplitSeq(name, ".") {
		switch v := t.RawGetString(part).(type) {
		case *lua.LTable:
			t = v
		case *lua.LNilType:
			made := L.CreateTable(0, 8)
			L.SetField(t, part, made)
			t = made
		default:
			return nil
		}
	}
	return t
}

// seeAll lets the table of a module inherit the script's globals.
func seeAll(L *lua.LState) int {
	t := checkTable(L, 1)
	if L.GetMetaField(t, "__metatable") != lua.LNil {
		raisef(L, "cannot change a protected metatable")
	}
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		mt = L.CreateTable(0, 1)
		t.Metatable = mt
	}
	mt.RawSetString("__index", L.G.Global)
	return 0
}
