package luaapi

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxCopyDepth = 100
	maxCopySize  = 8 << 20 // bytes of text, and some for each item
)

func emit(c *call) int {
	c.atMost(2)
	text, ok := c.arg(0).(lua.LString)
	if !ok {
		c.wrong("the name", `a string such as "doorbell"`, c.arg(0))
	}
	name := c.emittedName(string(text))
	value, err := CopyOut(c.arg(1), "value")
	if err != nil {
		c.misuse("%v", err)
	}
	c.notWhileLoading("emit: it may never go live")
	if err := TaskOf(c.L).Emit(name, value); err != nil {
		c.raise(err)
	}
	return 0
}

// emittedName refuses names that would be taken for an event of a device.
func (c *call) emittedName(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		c.misuse("the name is an empty string")
	case strings.Contains(name, ":"):
		c.misuse("%q: a name with a colon is an event of a device, which no script can emit", name)
	}
	for _, w := range eventWords() {
		if strings.EqualFold(w, name) {
			c.misuse("%q is an event of a device: dev:on(%q, fn), or hik.on(\"DEVICE:%s\", fn)", name, w, w)
		}
	}
	return name
}

// copied is a table outside of Lua.
type copied struct {
	list []any
	keys []any // string, float64 or bool, in the order of the table
	at   map[any]any
}

// CopyOut makes a deep copy of a value that belongs to no Lua state: nil,
// bool, float64, string or a table of such. Functions, userdata and tables
// that contain themselves are refused; path names the value in the error.
func CopyOut(v lua.LValue, path string) (any, error) {
	w := copier{open: make(map[*lua.LTable]bool)}
	return w.out(v, path)
}

type copier struct {
	open map[*lua.LTable]bool
	size int
}

func (w *copier) out(v lua.LValue, path string) (any, error) {
	w.size += 16
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(v), nil
	case lua.LNumber:
		return float64(v), nil
	case lua.LString:
		if w.size += len(v); w.size > maxCopySize {
			return nil, fmt.Errorf("%s: the whole is larger than %d MB", path, maxCopySize>>20)
		}
		return string(v), nil
	case *lua.LTable:
		return w.table(content(v), path)
	case *lua.LUserData:
		if s := stateOf(v); s != nil {
			return w.out(s.copy(), path)
		}
	}
	return nil, fmt.Errorf("%s can't be %s: only nil, booleans, numbers, strings and tables of them are copied", path, describe(v))
}

func (w *copier) table(t *lua.LTable, path string) (any, error) {
	switch {
	case w.open[t]:
		return nil, fmt.Errorf("%s contains itself", path)
	case len(w.open) >= maxCopyDepth:
		return nil, fmt.Errorf("%s is nested too deep", path)
	case w.size > maxCopySize:
		return nil, fmt.Errorf("%s: the whole is larger than %d MB", path, maxCopySize>>20)
	}
	w.open[t] = true
	defer delete(w.open, t)
	c := &copied{at: make(map[any]any)}
	n := t.Len()
	for i := 1; i <= n; i++ {
		item, err := w.out(t.RawGetInt(i), fmt.Sprintf("%s[%d]", path, i))
		if err != nil {
			return nil, err
		}
		c.list = append(c.list, item)
	}
	var failed error
	t.ForEach(func(k, v lua.LValue) {
		if i, ok := k.(lua.LNumber); ok && float64(i) == float64(int(i)) && int(i) >= 1 && int(i) <= n || failed != nil {
			return
		}
		below := path + "[" + describe(k) + "]"
		if name, ok := k.(lua.LString); ok {
			below = path + "." + shorten(string(name), 60)
		}
		key, err := w.out(k, path+"'s key")
		if _, isTable := key.(*copied); err == nil && isTable {
			err = fmt.Errorf("%s's key can't be a table", path)
		}
		if err == nil {
			var item any
			if item, err = w.out(v, below); err == nil {
				c.keys = append(c.keys, key)
				c.at[key] = item
			}
		}
		failed = err
	})
	return c, failed
}

// CopyIn makes Lua values of what CopyOut gave; each call makes its own.
func CopyIn(L *lua.LState, v any) lua.LValue {
	c, ok := v.(*copied)
	if !ok {
		return toLua(L, v)
	}
	t := L.CreateTable(len(c.list), len(c.keys))
	for i, item := range c.list {
		t.RawSetInt(i+1, CopyIn(L, item))
	}
	for _, key := range c.keys {
		t.RawSet(toLua(L, key), CopyIn(L, c.at[key]))
	}
	return t
}
