package luaapi

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxCopyDepth = 100
	maxCopySize  = 8 << 20
	valueCost    = 16 // bytes that each value counts in the size of a copy, beside its text

	anyKeys   = "strings, numbers and booleans"
	stateKeys = "strings and numbers"
)

// copier makes a deep copy of a Lua value that belongs to no Lua state: nil, bool, float64, string or map[any]any, whose
// keys are strings, float64 and bools and whose lists have the keys 1, 2 and so on. It is the one way out of Lua for
// tables: toLua is the way back.
type copier struct {
	walker
	rule     string // begins the sentence that says what may be copied: "an event has"
	most     int    // bytes of text and valueCost for each value
	tooLarge string // what to say about more
	size     int
	keys     string // what keys may be
}

func newCopier(L *lua.LState, root, rule string) *copier {
	return &copier{
		walker: walker{interruptible: interruptible{L: L}, root: root, deepest: maxCopyDepth},
		rule:   rule, most: maxCopySize, tooLarge: fmt.Sprintf("the whole is larger than %d MB", maxCopySize>>20),
		keys: anyKeys,
	}
}

// copy copies v. Its error names the path of what can't be copied.
func (w *copier) copy(v lua.LValue) (any, error) {
	if w.size += valueCost; w.size > w.most {
		return nil, w.refuseSize()
	}
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(v), nil
	case lua.LNumber:
		return float64(v), nil
	case lua.LString:
		if w.size += len(v); w.size > w.most {
			return nil, w.refuseSize()
		}
		return string(v), nil
	case *lua.LTable:
		return w.table(v)
	case *lua.LUserData:
		if s := stateOf(v); s != nil {
			t := s.copy()
			if t == lua.LNil {
				return nil, fmt.Errorf("%s can't be %s: it is no longer there", w.where(), s)
			}
			return w.copy(t)
		}
	}
	return nil, fmt.Errorf("%s can't be %s: %s strings, numbers, booleans and tables of them", w.where(), describe(v), w.rule)
}

func (w *copier) table(t *lua.LTable) (any, error) {
	if err := w.enter(t); err != nil {
		return nil, err
	}
	defer w.leave()
	all := make(map[any]any)
	err := w.each(content(t), func(k, v lua.LValue) error {
		key, err := w.key(k)
		if err != nil {
			return err
		}
		w.down(k)
		defer w.up()
		all[key], err = w.copy(v)
		return err
	})
	return all, err
}

func (w *copier) key(k lua.LValue) (any, error) {
	switch k := k.(type) {
	case lua.LString:
		w.size += len(k)
		return string(k), nil
	case lua.LNumber:
		return float64(k), nil
	case lua.LBool:
		if w.keys == anyKeys {
			return bool(k), nil
		}
	}
	return nil, fmt.Errorf("%s can't have %s as a key: keys are %s", w.where(), describe(k), w.keys)
}

func (w *copier) refuseSize() error { return fmt.Errorf("%s: %s", w.where(), w.tooLarge) }

// mapToLua makes a table of a copied one. Lists come out in order, so that # and ipairs know them, names sorted.
func mapToLua(L *lua.LState, m map[any]any) *lua.LTable {
	t := L.CreateTable(0, 0)
	for _, key := range sortedCopyKeys(m) {
		v := toLua(L, m[key])
		if n, ok := key.(float64); ok && n == math.Trunc(n) && math.Abs(n) < 1<<31 {
			t.RawSetInt(int(n), v)
		} else {
			t.RawSet(toLua(L, key), v)
		}
	}
	return t
}

// sortedCopyKeys gives numbers, then strings, then false and true.
func sortedCopyKeys(m map[any]any) []any {
	order := func(key any) (sort int, number float64, text string) {
		switch key := key.(type) {
		case float64:
			return 0, key, ""
		case string:
			return 1, 0, key
		}
		return 2 + slices.Index([]any{false, true}, key), 0, ""
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b any) int {
		sortA, numberA, textA := order(a)
		sortB, numberB, textB := order(b)
		return cmp.Or(cmp.Compare(sortA, sortB), cmp.Compare(numberA, numberB), strings.Compare(textA, textB))
	})
}
