package luaapi

import (
	"fmt"
	"maps"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// seconds is a time as scripts have it: seconds since 1970, to the millisecond, which is what print shows of it.
func seconds(t time.Time) lua.LNumber {
	return lua.LNumber(float64(t.UnixMilli()) / 1e3)
}

// fromSeconds is the way back.
func fromSeconds(s float64) time.Time { return time.UnixMicro(int64(s * 1e6)) }

// toLua turns what a copier gives, and what a YAML file holds, into Lua values; each call makes its own.
func toLua(L *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case nil:
		return lua.LNil
	case bool:
		return lua.LBool(v)
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case int:
		return lua.LNumber(v)
	case int64:
		return lua.LNumber(v)
	case time.Duration:
		return lua.LNumber(v.Seconds())
	case time.Time:
		return seconds(v)
	case []any:
		t := L.CreateTable(len(v), 0)
		for i, item := range v {
			t.RawSetInt(i+1, toLua(L, item))
		}
		return t
	case map[string]any:
		t := L.CreateTable(0, len(v))
		for _, key := range sortedKeys(v) {
			t.RawSetString(key, toLua(L, v[key]))
		}
		return t
	case map[any]any:
		return mapToLua(L, v)
	}
	return lua.LString(fmt.Sprint(v))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// setText sets a field, or leaves it nil where there is nothing to say.
func setText(t *lua.LTable, key, value string) {
	if value != "" {
		t.RawSetString(key, lua.LString(value))
	}
}
