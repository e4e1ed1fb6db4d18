package check

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/luaapi"
)

// invocation is a call of something, also one that pcall or hik.spawn make.
type invocation struct {
	f      value
	args   []value
	exprs  []ast.Expr // what args stand there as
	at     position   // of the function's name
	callee ast.Expr   // the function as it is written
}

// call is a call of anything.
func (w *walker) call(e *ast.FuncCallExpr) value {
	if e.Func == nil {
		return w.methodCall(e)
	}
	if f, ok := e.Func.(*ast.FunctionExpr); ok { // (function() ... end)()
		body := w.function(f, true)
		w.exprs(e.Args)
		w.callBody(value{body: body}, "the function", w.endOf(e.Func))
		return value{}
	}
	f := single(w.expr(e.Func))
	args := w.args(e.Args, runsArguments(f), f.global == "pcall" || f.global == "xpcall")
	return w.invoke(invocation{f: f, args: args, exprs: e.Args, at: w.endOf(e.Func), callee: e.Func})
}

func (w *walker) invoke(c invocation) value {
	switch {
	case c.f.entry != nil && !isLibrary(c.f.of.owner):
		return w.callDotted(c)
	case c.f.entry != nil:
		return w.settledCall(c, w.callEntry)
	case c.f.module != "":
		return w.settledCall(c, w.callLibrary)
	case c.f.global != "":
		return w.callGlobal(c)
	case c.f.body != nil:
		w.loose(c)
		w.callBody(c.f, pathOf(c.callee), c.at)
	case c.f.known == nil && c.f.owner == "":
		w.loose(c)
	}
	return value{}
}

// methodCall is a call with a colon.
func (w *walker) methodCall(e *ast.FuncCallExpr) value {
	object := single(w.expr(e.Receiver))
	args := w.args(e.Args, object.owner == "channel" && e.Method == "exclusive", false)
	at := w.places[e]
	if object.module != "" && object.function == "" {
		if f := w.ofLibrary(object.module, e.Method, at); f.function != "" {
			w.report(at, "call it with a dot: %s.%s(...)", strings.TrimPrefix(object.module, "hik."), e.Method)
		}
		return value{}
	}
	if _, text := object.string(); text {
		path := "string." + e.Method
		if library, name, missing := w.checker.environment.lacks(path); missing {
			w.missing(library, name, at)
			return value{}
		}
		return w.builtin(path, invocation{args: append([]value{object}, args...), exprs: append([]ast.Expr{e.Receiver}, e.Args...), at: at})
	}
	if object.owner == "" {
		w.loose(invocation{args: args, exprs: e.Args})
		return value{}
	}
	f := w.member(object, e.Method, at)
	if f.entry == nil {
		return value{}
	}
	if isLibrary(object.owner) {
		w.report(at, "call it with a dot: %s.%s(...)", object.owner, e.Method)
		return value{owner: resultOwner(f.entry)}
	}
	return w.settledCall(invocation{f: f, args: args, exprs: e.Args, at: at}, w.callEntry)
}

// runsArguments reports whether a function calls the functions among its arguments before it returns.
func runsArguments(f value) bool {
	switch {
	case f.entry != nil:
		return f.entry.Name == "timeout" || f.entry.Name == "exclusive"
	case f.module != "":
		return true
	}
	return f.global == "pcall" || f.global == "xpcall"
}

// args are the values of arguments. at once: a function that stands among them is called at once; caught: its errors are.
func (w *walker) args(list []ast.Expr, atOnce, caught bool) []value {
	values := make([]value, len(list))
	for i, e := range list {
		if f, ok := e.(*ast.FunctionExpr); ok && atOnce {
			w.catching = caught
			values[i] = value{known: w.checker.rehearsal.nothing, body: w.function(f, true)}
			continue
		}
		values[i] = w.expr(e)
		if i < len(list)-1 {
			values[i] = single(values[i])
		}
	}
	return values
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
func (w *walker) callDotted(c invocation) value {
	entry := c.f.entry
	known := func(v value) bool { return v.known != nil || v.table != nil || v.owner != "" }
	if len(c.args) > 0 && !c.args[0].several {
		if c.args[0].owner == c.f.of.owner {
			c.f.of = &c.args[0]
			c.args, c.exprs = c.args[1:], c.exprs[1:]
			return w.settledCall(c, w.callEntry)
		}
		if !known(c.args[0]) {
			return value{owner: resultOwner(entry)}
		}
	} else if len(c.args) > 0 {
		return value{owner: resultOwner(entry)}
	}
	variable := c.f.of.owner
	if attr, ok := c.callee.(*ast.AttrGetExpr); ok {
		if path := pathOf(attr.Object); path != "" {
			variable = path
		}
	}
	w.report(c.at, "call it with a colon: %s:%s(...)", variable, entry.Name)
	return value{owner: resultOwner(entry)}
}

const whileLoading = luaapi.Loading + " can't command a device: do it in a job, or in hik.spawn(function() ... end)"

// callEntry is a call of the API with its arguments.
func (w *walker) callEntry(c invocation) value {
	f, entry := c.f, c.f.entry
	result := value{owner: resultOwner(entry)}
	if entry.Result == "" {
		result.known = lua.LNil
	}
	result.given = strings.HasPrefix(entry.Result, "list of ") || strings.HasPrefix(entry.Result, "{") && !strings.Contains(entry.Result, " or ")
	if name, ok := strings.CutPrefix(entry.Result, "list of "); ok && api()[strings.TrimSuffix(name, "s")] != nil {
		result.listOf = strings.TrimSuffix(name, "s")
	}
	if entry.Command {
		if w.loads() {
			w.report(c.at, "%s: %s", entry.Name, whileLoading)
			return result
		}
		w.demand(entry.Name, c.at)
	}
	w.mentioned(c)
	if w.headless(c) {
		return result
	}
	w.delegate(c)
	w.hook(c)
	r := w.checker.rehearsal
	known, ok := r.arguments(entry, f.of, c.args)
	if !ok {
		if i := optionsAt(entry, c.args); i >= 0 {
			w.optionNames(entry, c.args[i])
		}
		w.sleeps(c)
		if r.effectless(f) {
			result.pure = called(c.callee, f)
		}
		return result
	}
	said := r.call(f, known, w.loads())
	switch {
	case said.misuse != "" && r.host.asked > 1:
		// A preset beyond 255, which some heads have.
		w.warn(w.blame(said.misuse, c), "%s; only some heads have more", said.misuse)
	case said.misuse != "":
		w.report(w.blame(said.misuse, c), "%s", said.misuse)
	default:
		w.channels(c)
		w.presets(c)
		w.sleeps(c)
		if !w.loads() && w.demanding() && r.call(f, known, true).misuse != "" {
			w.demand(entry.Name, c.at)
		}
	}
	if said.object != nil {
		result.known = said.object
	}
	if said.pure {
		result.pure = called(c.callee, f)
	}
	return result
}

// called is how a script writes a function of the API.
func called(callee ast.Expr, f value) string {
	if path := pathOf(callee); path != "" {
		return path
	}
	return f.entry.Name
}

// delegate looks at the call that hik.spawn and hik.timeout make of what they are given.
func (w *walker) delegate(c invocation) {
	if c.f.entry.Owner != "hik" {
		return
	}
	switch name := c.f.entry.Name; {
	case name == "spawn" && len(c.args) > 0:
		w.frames = append(w.frames, &frame{})
		w.passedOn(c, 0, 1)
		w.frames = w.frames[:len(w.frames)-1]
	case name == "timeout" && len(c.args) == 2:
		w.passedOn(c, 1, 2)
	}
}

// passedOn is the call of argument f with those from first on.
func (w *walker) passedOn(c invocation, f, first int) value {
	if c.args[f].several {
		return value{}
	}
	v := c.args[f]
	if v.entry == nil && v.module == "" && v.global == "" && v.body == nil || v.body != nil && v.body.immediate {
		return value{}
	}
	return w.invoke(invocation{f: v, args: c.args[first:], exprs: c.exprs[first:], at: w.endOf(c.exprs[f]), callee: c.exprs[f]})
}

// optionNames checks the names of a table of options where the call could not
// be rehearsed.
func (w *walker) optionNames(entry *luaapi.Entry, options value) {
	for _, it := range options.items {
		if it.key != nil && !slices.ContainsFunc(entry.Options, func(o luaapi.Option) bool { return o.Name == it.key.Value }) {
			w.report(w.places[it.key], "%s: %s", entry.Name, luaapi.UnknownOption(it.key.Value, entry.Options))
		}
	}
}
