package check

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// unused warns of local variables that nothing reads. Names of one statement go together: local ok, err = pcall(f) is right
// where only one of them is read. A job and a task are often kept for what may come, names of Lua's functions are taken in
// advance, and modules come from elsewhere.
func (w *walker) unused(s *ast.LocalAssignStmt, values []value) {
	if w.library || slices.ContainsFunc(w.declared[s], func(v *variable) bool { return v.reads > 0 || strings.HasPrefix(v.name, "_") }) {
		return
	}
	if slices.ContainsFunc(values, func(v value) bool { return v.owner == "job" || v.owner == "task" || v.global != "" }) {
		return
	}
	for i, v := range w.declared[s] {
		switch {
		case i < len(s.Exprs) && isFunction(s.Exprs[i]):
			w.warn(v.at, "local function %q: nothing calls it", v.name)
		case v.assigns > 1:
			w.warn(v.at, "local %q: nothing reads what is assigned to it", v.name)
		default:
			w.warn(v.at, "local %q: nothing uses it", v.name)
		}
	}
}

func isFunction(e ast.Expr) bool {
	_, ok := e.(*ast.FunctionExpr)
	return ok
}

// addedText is for "count: " + n.
func (w *walker) addedText(e *ast.ArithmeticOpExpr, left value) {
	text, ok := e.Lhs.(*ast.StringExpr)
	if !ok || e.Operator != "+" || w.library {
		return
	}
	if _, number := sandbox.ToNumber(left.known); !number {
		w.doubt(w.places[text], "+ adds numbers: write .. to put texts together")
	}
}
