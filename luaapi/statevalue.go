package luaapi

import (
	"fmt"
	"math"
	"sort"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxStateWrite bounds what is copied for one write: more than a script
	// may keep is refused by the host in any case.
	maxStateWrite = 2 << 20
	maxStateDepth = 64
)

// stateWriter copies a value out of Lua for the state: strings, float64, bools
// and map[any]any. What cannot be kept is an error that names it.
type stateWriter struct {
	open map[*lua.LTable]bool // tables around the current one
	size int                  // bytes of text, and some for each item
}

func (w *stateWriter) value(v lua.LValue, path string) (any, error) {
	if w.size += 16; w.size > maxStateWrite {
		return nil, fmt.Errorf("%s: the value is larger than a script may keep, which is 1 MB", path)
	}
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(v), nil
	case lua.LNumber:
		return float64(v), nil
	case lua.LString:
		w.size += len(v)
		return string(v), nil
	case *lua.LTable:
		return w.table(v, path)
	case *lua.LUserData:
		s := stateOf(v)
		if s == nil {
			break
		}
		if kept, ok := s.state.Copy(s.path).(map[any]any); ok {
			return kept, nil
		}
		return nil, fmt.Errorf("%s can't be %s: it is no longer there", path, s)
	}
	return nil, fmt.Errorf("%s can't be %s: the state keeps strings, numbers, booleans and tables of them", path, describe(v))
}

func (w *stateWriter) table(t *lua.LTable, path string) (any, error) {
	values := content(t)
	switch {
	case w.open[t]:
		return nil, fmt.Errorf("%s can't be a table that it is part of", path)
	case len(w.open) >= maxStateDepth:
		return nil, fmt.Errorf("%s is nested too deep", path)
	}
	w.open[t] = true
	defer delete(w.open, t)
	all := make(map[any]any)
	var failed error
	values.ForEach(func(k, v lua.LValue) {
		if failed != nil {
			return
		}
		key, ok := stateKey(k)
		if !ok {
			failed = fmt.Errorf("%s can't have %s as a key: keys are strings and numbers", path, describe(k))
			return
		}
		below := path + "[" + describe(k) + "]"
		if name, ok := k.(lua.LString); ok && plainName(string(name)) {
			below = path + "." + string(name)
		}
		w.size += len(below) - len(path)
		all[key], failed = w.value(v, below)
	})
	return all, failed
}

// stateToLua makes ordinary Lua values of what Copy gives. Lists come out in
// order, so that # and ipairs know them.
func stateToLua(L *lua.LState, v any) lua.LValue {
	m, ok := v.(map[any]any)
	if !ok {
		return toLua(L, v)
	}
	t := L.CreateTable(0, 0)
	var numbers []float64
	var names []string
	for k := range m {
		switch k := k.(type) {
		case float64:
			numbers = append(numbers, k)
		case string:
			names = append(names, k)
		}
	}
	sort.Float64s(numbers)
	sort.Strings(names)
	for _, n := range numbers {
		if i := int(n); float64(i) == n && math.Abs(n) < 1<<31 {
			t.RawSetInt(i, stateToLua(L, m[n]))
		} else {
			t.RawSet(lua.LNumber(n), stateToLua(L, m[n]))
		}
	}
	for _, name := range names {
		t.RawSetString(name, stateToLua(L, m[name]))
	}
	return t
}
