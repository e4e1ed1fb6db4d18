package luaapi

import (
	"fmt"
	"sort"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// seconds is a time as scripts have it: seconds since 1970, to the millisecond, which is what print shows of it.
func seconds(t time.Time) lua.LNumber {
	return lua.LNumber(float64(t.UnixMilli()) / 1e3)
}

// fromSeconds is the way back.
func fromSeconds(s float64) time.Time { return time.UnixMicro(int64(s * 1e6)) }

// toGo turns a Lua value into bools, float64, strings, []any and
// map[string]any. What has no such form is an error that names it.
func toGo(v lua.LValue, path string, depth int) (any, error) {
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(v), nil
	case lua.LNumber:
		return float64(v), nil
	case lua.LString:
		return string(v), nil
	case *lua.LTable:
		if depth > 20 {
			return nil, fmt.Errorf("%s is nested too deep", path)
		}
		v = content(v)
		if v.Len() > 0 {
			list := make([]any, v.Len())
			for i := range list {
				item, err := toGo(v.RawGetInt(i+1), fmt.Sprintf("%s[%d]", path, i+1), depth+1)
				if err != nil {
					return nil, err
				}
				list[i] = item
			}
			return list, nil
		}
		all := make(map[string]any)
		var err error
		v.ForEach(func(key, value lua.LValue) {
			name := sandbox.Text(key)
			item, e := toGo(value, path+"."+name, depth+1)
			if e != nil && err == nil {
				err = e
			}
			all[name] = item
		})
		return all, err
	}
	if s := stateOf(v); s != nil {
		return toGo(s.copy(), path, depth+1)
	}
	return nil, fmt.Errorf("%s can't be %s", path, describe(v))
}

// toLua turns what toGo gives, and what a YAML file holds, into Lua values.
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
	}
	return lua.LString(fmt.Sprint(v))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// setText sets a field, or leaves it nil where there is nothing to say.
func setText(t *lua.LTable, key, value string) {
	if value != "" {
		t.RawSetString(key, lua.LString(value))
	}
}
