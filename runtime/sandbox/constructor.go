package sandbox

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// maxItems is how many items a table constructor can have: their batches of 50 are counted in nine bits.
const maxItems = 511 * batch

const batch = 50 // lua.FieldsPerFlush

// constructor walks a table constructor. The compiler stores the items of the list in batches of 50, and
//
//   - takes a call or `...` that is the value of a key for the end of the list if it comes last;
//   - stores a full batch again after each key that follows on it, from registers that are used otherwise by then;
//   - stores the values of a call or `...` at the end over the full batch before them.
func (w *walker) constructor(slot *ast.Expr, e *ast.TableExpr, depth int) {
	items, spoiled, more := 0, false, false
	for i, f := range e.Fields {
		last := i == len(e.Fields)-1
		switch {
		case f.Key != nil:
			oneValue(f.Value)
			spoiled = spoiled || items > 0 && items%batch == 0
		case last && isMultiple(f.Value):
			more = spoiled || items > 0 && items%batch == 0
		default:
			items++
		}
	}
	if items > maxItems {
		w.refuse(e.Line(), "more than "+strconv.Itoa(maxItems)+" items in one table constructor: keep large tables in a JSON file")
		return
	}
	if more {
		end := e.Fields[len(e.Fields)-1].Value
		e.Fields = e.Fields[:len(e.Fields)-1]
		call := at(e.Line(), &ast.FuncCallExpr{Func: appending(e.Line(), items), Args: []ast.Expr{e, end}, AdjustRet: true})
		*slot = call
		w.visit(slot, depth)
		return
	}
	if spoiled {
		numbered(e)
	}
	for _, f := range e.Fields {
		w.expr(depth, &f.Key)
		w.expr(depth, &f.Value)
	}
}

// numbered gives the items of the list their keys, so that none is stored in a batch, but for the values of a call at the end.
func numbered(e *ast.TableExpr) {
	n := 0
	for i, f := range e.Fields {
		if f.Key == nil && !(i == len(e.Fields)-1 && isMultiple(f.Value)) {
			n++
			f.Key = at(f.Value.Line(), &ast.NumberExpr{Value: strconv.Itoa(n)})
		}
	}
}

// appending is
//
//	function((list), ...) for (i) = 1, arg.n do (list)[AFTER + (i)] = arg[(i)] end return (list) end
func appending(line, after int) ast.Expr {
	name := func(name string) ast.Expr { return ident(line, name) }
	index := func(object, key ast.Expr) ast.Expr { return at(line, &ast.AttrGetExpr{Object: object, Key: key}) }
	number := func(n int) ast.Expr { return at(line, &ast.NumberExpr{Value: strconv.Itoa(n)}) }

	place := at(line, &ast.ArithmeticOpExpr{Operator: "+", Lhs: number(after), Rhs: name("(i)")})
	set := at(line, &ast.AssignStmt{
		Lhs: []ast.Expr{index(name("(list)"), place)},
		Rhs: []ast.Expr{index(name("arg"), name("(i)"))},
	})
	loop := at(line, &ast.NumberForStmt{
		Name: "(i)", Init: number(1), Limit: index(name("arg"), at(line, &ast.StringExpr{Value: "n"})),
		Stmts: []ast.Stmt{set},
	})
	back := at(line, &ast.ReturnStmt{Exprs: []ast.Expr{name("(list)")}})
	return at(line, &ast.FunctionExpr{
		ParList: &ast.ParList{HasVargs: true, Names: []string{"(list)"}},
		Stmts:   []ast.Stmt{loop, back},
	})
}
