package luaapi

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// walker goes through a value that a script made. It knows the path to where it is, refuses tables inside themselves and
// nested too deep, and ends with the task. What is made of the values bounds its own size.
type walker struct {
	interruptible
	root    string        // names the value that the walk began with
	path    []lua.LValue  // the keys from there to the current value
	around  []*lua.LTable // the tables around the current value
	deepest int           // how many tables may be inside each other
}

// enter is called before the content of t is looked at, leave after.
func (w *walker) enter(t *lua.LTable) error {
	switch {
	case slices.Contains(w.around, t):
		return fmt.Errorf("%s can't be a table that it is part of", w.where())
	case len(w.around) >= w.deepest:
		return fmt.Errorf("%s is nested deeper than %d", w.where(), w.deepest)
	}
	w.around = append(w.around, t)
	return nil
}

func (w *walker) leave() { w.around = w.around[:len(w.around)-1] }

// down is called before the value under key is looked at, up after.
func (w *walker) down(key lua.LValue) {
	w.path = append(w.path, key)
}

func (w *walker) up() { w.path = w.path[:len(w.path)-1] }

// where is the path of the current value as Lua writes it: value.list[3].name.
func (w *walker) where() string {
	var b strings.Builder
	b.WriteString(w.root)
	for _, key := range w.path {
		if b.Len() > 80 {
			b.WriteString("...")
			break
		}
		b.WriteString(indexText(key))
	}
	return b.String()
}

// indexText is what stands behind a table to mean the value under key: .name, [3], ["a b"].
func indexText(key lua.LValue) string {
	if name, ok := key.(lua.LString); ok && sandbox.IsName(string(name)) && len(name) <= 40 {
		return "." + string(name)
	}
	return "[" + describe(key) + "]"
}

// isItem says whether key is the place of an item in a list of n.
func isItem(key lua.LValue, n int) bool {
	i, ok := key.(lua.LNumber)
	return ok && i >= 1 && i <= lua.LNumber(n) && i == lua.LNumber(int(i))
}
