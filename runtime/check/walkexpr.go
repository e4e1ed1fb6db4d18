package check

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

func (w *walker) expr(e ast.Expr) value {
	switch e := e.(type) {
	case *ast.NilExpr:
		return constant(lua.LNil)
	case *ast.TrueExpr:
		return constant(lua.LTrue)
	case *ast.FalseExpr:
		return constant(lua.LFalse)
	case *ast.StringExpr:
		return constant(lua.LString(e.Value))
	case *ast.NumberExpr:
		if n, ok := sandbox.ToNumber(lua.LString(e.Value)); ok {
			return constant(n)
		}
	case *ast.Comma3Expr:
		return value{several: !e.AdjustRet}
	case *ast.IdentExpr:
		return w.name(e)
	case *ast.AttrGetExpr:
		return w.attribute(e)
	case *ast.FuncCallExpr:
		v := w.call(e)
		v.several = !e.AdjustRet && !v.single()
		return v
	case *ast.FunctionExpr:
		return value{known: w.checker.rehearsal.nothing, body: w.function(e, false)}
	case *ast.TableExpr:
		return w.table(e)
	case *ast.LogicalOpExpr:
		a := single(w.expr(e.Lhs))
		w.frame().maybe++
		b := single(w.expr(e.Rhs))
		w.frame().maybe--
		if a.owner != "" && a.owner == b.owner {
			return value{owner: a.owner}
		}
	case *ast.StringConcatOpExpr:
		a, b := w.expr(e.Lhs), w.expr(e.Rhs)
		x, ok := a.string()
		y, both := b.string()
		if ok && both {
			return constant(lua.LString(x + y))
		}
		return value{texts: joined(a, b)}
	case *ast.ArithmeticOpExpr:
		a, b := w.expr(e.Lhs), w.expr(e.Rhs)
		w.addedText(e, a)
		return arithmetic(e.Operator, a, b)
	case *ast.UnaryMinusOpExpr:
		if n, ok := w.expr(e.Expr).known.(lua.LNumber); ok {
			return constant(-n)
		}
	case *ast.UnaryLenOpExpr:
		if v := w.expr(e.Expr); v.content != nil {
			v.content.reads()
		}
	case *ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		for _, part := range sandbox.Parts(e) {
			w.expr(*part)
		}
	}
	return value{}
}

func (w *walker) table(e *ast.TableExpr) value {
	v := value{table: e}
	for _, f := range e.Fields {
		it := item{expr: f.Value}
		if f.Key != nil {
			w.expr(f.Key)
			it.key, _ = f.Key.(*ast.StringExpr)
			if it.key == nil {
				w.expr(f.Value)
				continue
			}
		}
		it.value = w.expr(f.Value)
		v.items = append(v.items, it)
	}
	v.inside = textsOf(v.items)
	w.looseInTable(v.items)
	return v
}

// name is a variable.
func (w *walker) name(e *ast.IdentExpr) value {
	if v := w.uses[e]; v != nil {
		if v.assigns != 1 {
			return value{}
		}
		held := v.value
		if held.content != nil {
			held.content = &content{of: v, use: e, value: held.content.value}
		}
		return held
	}
	if v := w.globals[e.Value]; v != nil {
		if v.assigns == 1 && !w.checker.environment.has(e.Value) {
			return v.value
		}
		return value{}
	}
	if e.Value == "hik" {
		return value{owner: "hik", known: w.checker.rehearsal.hik}
	}
	if w.checker.environment.has(e.Value) {
		return value{global: e.Value}
	}
	w.undefined(e)
	return value{}
}

// attribute is object.key.
func (w *walker) attribute(e *ast.AttrGetExpr) value {
	object := single(w.expr(e.Object))
	key, named := e.Key.(*ast.StringExpr)
	if !named {
		w.expr(e.Key)
		return among(object.inside, "")
	}
	if ident, ok := e.Object.(*ast.IdentExpr); ok && w.uses[ident] != nil {
		if v, known := w.uses[ident].fields[key.Value]; known {
			return v
		}
	}
	if object.content != nil && !slices.ContainsFunc(object.content.items, func(it item) bool {
		return it.key != nil && it.key.Value == key.Value && (it.value.table != nil || it.value.content != nil)
	}) {
		object.content.reads()
	}
	at := w.places[e.Key]
	switch {
	case object.owner != "":
		return w.member(object, key.Value, at)
	case object.module != "":
		return w.ofLibrary(object.module, key.Value, at)
	case object.fixed:
		return w.variable(object, key.Value, pathOf(e), at)
	case object.global != "":
		return value{global: object.global + "." + key.Value}
	}
	return among(object.inside, key.Value)
}

// member is a name of the API.
func (w *walker) member(object value, name string, at position) value {
	if object.owner == "hik" && name == "shared_state" {
		w.note(&w.mentions.shared, "", at)
	}
	entry := api()[object.owner][name]
	if entry == nil {
		w.report(at, "%s", luaapi.UnknownName(object.owner, name))
		return value{}
	}
	switch entry.Kind {
	case "library":
		return value{owner: object.owner + "." + name, known: w.checker.rehearsal.member(object.known, name)}
	case "field":
		v := value{owner: resultOwner(entry)}
		known := w.checker.rehearsal.member(object.known, name)
		switch {
		case object.owner == "hik" && name == "vars":
			v.known, v.fixed = known, !w.checker.report.Unchecked
		case v.owner != "":
			v.known = known
		}
		return v
	}
	return value{entry: entry, of: &object}
}
