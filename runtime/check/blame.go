package check

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// blame finds the argument that a message speaks of: the one that it quotes,
// or whose option it names.
func (w *walker) blame(message string, c invocation) position {
	for _, a := range c.args {
		if at, ok := w.blameItem(message, a.items); ok {
			return at
		}
	}
	for i, a := range c.args {
		if !quotes(message, a.known) {
			continue
		}
		at, ok := w.places[c.exprs[i]]
		if minus, is := c.exprs[i].(*ast.UnaryMinusOpExpr); is {
			if at, ok = w.places[minus.Expr]; ok {
				at.col--
			}
		}
		if ok {
			return at
		}
	}
	return c.at
}

// blameItem is blame for the items of a table, and of those in it.
func (w *walker) blameItem(message string, items []item) (position, bool) {
	for _, it := range items {
		if it.key != nil && (strings.Contains(message, strconv.Quote(it.key.Value)) ||
			strings.Contains(message, ": "+it.key.Value+" ")) {
			return w.places[it.key], true
		}
		if at, ok := w.places[it.expr]; ok && quotes(message, it.value.known) {
			return at, true
		}
		if at, ok := w.blameItem(message, it.value.items); ok {
			return at, true
		}
	}
	return position{}, false
}

// quotes reports whether a message shows a constant.
func quotes(message string, v lua.LValue) bool {
	switch v := v.(type) {
	case lua.LString:
		return strings.Contains(message, strconv.Quote(string(v)))
	case lua.LNumber:
		for _, word := range strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) }) {
			if word == v.String() {
				return true
			}
		}
	}
	return false
}
