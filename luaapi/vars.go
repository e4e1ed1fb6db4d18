package luaapi

import (
	lua "github.com/yuin/gopher-lua"
)

var scriptFields = []entry{
	{name: "vars", result: "table", doc: "the vars of site.yaml; its tables can't be changed, a list is the script's own copy",
		get: func(m *module, L *lua.LState, _ any) lua.LValue {
			return m.readOnly(m.script.Vars(), "hik.vars")
		}},
	{name: "script", result: "string", doc: `the script's name: "tour" for scripts/tour.lua`,
		get: func(m *module, _ *lua.LState, _ any) lua.LValue { return lua.LString(m.script.Name()) }},
	{name: "version", result: "string", doc: "the version of hiklua",
		get: func(m *module, _ *lua.LState, _ any) lua.LValue { return lua.LString(m.script.Version()) }},
}

// readOnly makes a table that gives the values of v, pairs included, and
// refuses assignments. A list becomes an ordinary table: table.concat and
// unpack would find a guarded one empty.
func (m *module) readOnly(v map[string]any, path string) *lua.LTable {
	values := m.L.CreateTable(0, 0)
	for _, key := range sortedKeys(v) {
		values.RawSetString(key, m.readOnlyValue(v[key], path+"."+key))
	}
	t := m.L.CreateTable(0, 0)
	mt := m.L.CreateTable(0, 0)
	mt.RawSetString("__index", values)
	mt.RawSetString("__newindex", m.bind(path, func(c *call) int {
		raiseMisuse(c.L, "%s.%s can't be assigned: it comes from site.yaml", path, keyText(c.arg(1)))
		return 0
	}))
	mt.RawSetString("__pairs", m.bind(path, func(c *call) int { return pushPairs(c.L, values) }))
	mt.RawSetString("__metatable", lua.LString(path))
	mt.RawSetString(contentKey, values)
	t.Metatable = mt
	return t
}

// contentKey holds what is behind a read-only table, in its metatable.
const contentKey = "hik content"

// content is the table that holds t's values: t itself, or what is behind it
// if t is read-only.
func content(t *lua.LTable) *lua.LTable {
	if mt, ok := t.Metatable.(*lua.LTable); ok {
		if behind, ok := mt.RawGetString(contentKey).(*lua.LTable); ok {
			return behind
		}
	}
	return t
}

func (m *module) readOnlyValue(v any, path string) lua.LValue {
	switch v := v.(type) {
	case map[string]any:
		return m.readOnly(v, path)
	case []any:
		t := m.L.CreateTable(0, 0)
		for _, item := range v {
			t.Append(m.readOnlyValue(item, path))
		}
		return t
	}
	return toLua(m.L, v)
}
