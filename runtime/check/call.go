package check

import (
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/luaapi"
)

// call is a call of anything.
func (w *walker) call(e *ast.FuncCallExpr) value {
	if e.Func == nil {
		object := single(w.expr(e.Receiver))
		args := w.exprs(e.Args)
		if object.module != "" && object.function == "" {
			if f := w.ofLibrary(object.module, e.Method, w.places[e]); f.function != "" {
				w.report(w.places[e], "call it with a dot: %s.%s(...)", strings.TrimPrefix(object.module, "hik."), e.Method)
			}
			return value{}
		}
		if object.owner == "" {
			return value{}
		}
		f := w.member(object, e.Method, w.places[e])
		if f.entry == nil {
			return value{}
		}
		if isLibrary(object.owner) {
			w.report(w.places[e], "call it with a dot: %s.%s(...)", object.owner, e.Method)
			return value{owner: resultOwner(f.entry)}
		}
		return w.callEntry(e, f, args, w.places[e])
	}
	f := single(w.expr(e.Func))
	args := w.exprs(e.Args)
	at := w.endOf(e.Func)
	switch {
	case f.entry != nil && !isLibrary(f.of.owner):
		return w.callDotted(e, f, args, at)
	case f.entry != nil:
		return w.callEntry(e, f, args, at)
	case f.module != "":
		return w.callLibrary(e, f, args, at)
	case f.global != "":
		return w.callGlobal(e, f.global, args, at)
	}
	return value{}
}

// endOf is the place of the last name of an expression.
func (w *walker) endOf(e ast.Expr) position {
	if attr, ok := e.(*ast.AttrGetExpr); ok {
		return w.places[attr.Key]
	}
	if at, ok := w.places[e]; ok {
		return at
	}
	return position{line: e.Line()}
}

// callDotted is cam.snapshot(...), which is right only with cam once more as
// the first argument.
func (w *walker) callDotted(e *ast.FuncCallExpr, f value, args []value, at position) value {
	name := f.entry.Name
	known := func(v value) bool { return v.known != nil || v.table != nil || v.owner != "" }
	if len(args) > 0 && !args[0].several {
		if args[0].owner == f.of.owner {
			f.of = &args[0]
			return w.callEntry(e, f, args[1:], at)
		}
		if !known(args[0]) {
			return value{owner: resultOwner(f.entry)}
		}
	} else if len(args) > 0 {
		return value{owner: resultOwner(f.entry)}
	}
	variable := f.of.owner
	if attr, ok := e.Func.(*ast.AttrGetExpr); ok {
		if path := pathOf(attr.Object); path != "" {
			variable = path
		}
	}
	w.report(at, "call it with a colon: %s:%s(...)", variable, name)
	return value{owner: resultOwner(f.entry)}
}

// callEntry is a call of the API with its arguments.
func (w *walker) callEntry(e *ast.FuncCallExpr, f value, args []value, at position) value {
	result := value{owner: resultOwner(f.entry)}
	if name, ok := strings.CutPrefix(f.entry.Result, "list of "); ok && api()[strings.TrimSuffix(name, "s")] != nil {
		result.listOf = strings.TrimSuffix(name, "s")
	}
	if f.entry.Command && w.loads() {
		w.report(at, "%s: a script that is loading can't command a device: do it in a job, or in hik.spawn(function() ... end)", f.entry.Name)
		return result
	}
	r := w.checker.rehearsal
	if known, ok := r.arguments(f.entry, f.of, args); ok {
		misuse, object := r.call(f, known, w.loads())
		switch {
		case misuse != "" && r.host.asked > 1:
			// A preset beyond 255, which some heads have.
			w.warn(w.blame(misuse, e.Args, args, at), "%s; only some heads have more", misuse)
		case misuse != "":
			w.report(w.blame(misuse, e.Args, args, at), "%s", misuse)
		default:
			w.channels(f, args, e.Args, at)
		}
		result.known = object
		return result
	}
	if i := optionsAt(f.entry, args); i >= 0 {
		w.optionNames(f.entry, args[i])
	}
	return result
}

// loads reports whether the place runs when the script is loaded.
func (w *walker) loads() bool { return w.depth == 0 && !w.library }

// optionNames checks the names of a table of options where the call could not
// be rehearsed.
func (w *walker) optionNames(entry *luaapi.Entry, options value) {
	for _, it := range options.items {
		if it.key != nil && !slices.ContainsFunc(entry.Options, func(o luaapi.Option) bool { return o.Name == it.key.Value }) {
			w.report(w.places[it.key], "%s: %s", entry.Name, luaapi.UnknownOption(it.key.Value, entry.Options))
		}
	}
}

// blame finds the argument that a message speaks of: the one that it quotes,
// or whose option it names.
func (w *walker) blame(message string, exprs []ast.Expr, args []value, otherwise position) position {
	for i, a := range args {
		if i >= len(exprs) {
			break // a method that was called with a dot
		}
		if at, ok := w.blameItem(message, a.items); ok {
			return at
		}
	}
	for i, a := range args {
		if i >= len(exprs) || !quotes(message, a.known) {
			continue
		}
		at, ok := w.places[exprs[i]]
		if minus, is := exprs[i].(*ast.UnaryMinusOpExpr); is {
			if at, ok = w.places[minus.Expr]; ok {
				at.col--
			}
		}
		if ok {
			return at
		}
	}
	return otherwise
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
