package sandbox

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// debugSetMetatable is debug.setmetatable(value, metatable): also for values of a type that has one metatable for all of
// them, strings and numbers for example. Those are of this state alone, so that other scripts keep theirs. What the host
// protects stays as it is.
func (s *state) debugSetMetatable(L *lua.LState) int {
	v, mt := checkAny(L, 1), L.Get(2)
	switch v := v.(type) {
	case lua.LString:
		s.setOfStrings(L, mt)
		return one(L, lua.LTrue)
	case *lua.LUserData:
		if !madeByScript(v) {
			raisef(L, "cannot change a protected metatable")
		}
	case *lua.LTable:
		if L.GetMetaField(v, "__metatable") != lua.LNil {
			raisef(L, "cannot change a protected metatable")
		}
	}
	L.SetMetatable(v, tableOrNil(L, mt))
	return one(L, lua.LTrue)
}

func tableOrNil(L *lua.LState, mt lua.LValue) lua.LValue {
	if _, isTable := mt.(*lua.LTable); !isTable && mt != lua.LNil || L.GetTop() < 2 {
		argError(L, 2, "nil or table expected")
	}
	return mt
}

// setOfStrings gives strings another metatable; false, which getmetatable says of the host's, gives that back. In Lua
// arithmetic on text is there without a metatable, here it is in it (see arith.go): each one gets it.
func (s *state) setOfStrings(L *lua.LState, mt lua.LValue) {
	if s.ofStrings == nil {
		s.ofStrings = fieldsOfStrings(L)
	}
	if mt == lua.LFalse {
		L.SetMetatable(lua.LString(""), s.ofStrings)
		return
	}
	t, isTable := tableOrNil(L, mt).(*lua.LTable)
	if !isTable {
		t = L.CreateTable(0, 8)
		s.noMethods = t
	}
	for _, event := range slices.Sorted(maps.Keys(operators)) {
		if t.RawGetString(event) == lua.LNil {
			t.RawSetString(event, L.GetField(s.ofStrings, event))
		}
	}
	L.SetMetatable(lua.LString(""), t)
}

// fieldsOfStrings copies the metatable of strings, which gopher-lua does not show whole.
func fieldsOfStrings(L *lua.LState) *lua.LTable {
	t := L.CreateTable(0, 16)
	for _, name := range append([]string{"__index", "__metatable", "__call"}, slices.Sorted(maps.Keys(operators))...) {
		t.RawSetString(name, L.GetMetaField(lua.LString(""), name))
	}
	return t
}
