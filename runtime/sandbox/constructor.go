package sandbox

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// constructor walks a table constructor. The compiler stores the items of the list in batches of lua.FieldsPerFlush, and
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
			spoiled = spoiled || items > 0 && items%lua.FieldsPerFlush == 0
		case last && isMultiple(f.Value):
			more = spoiled || items > 0 && items%lua.FieldsPerFlush == 0
		default:
			items++
		}
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
		keyed(e)
	}
	w.parts(depth, e)
}

// keyed gives the items of the list their keys, so that none is stored in a batch, but for the values of a call at the end.
func keyed(e *ast.TableExpr) {
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

// countBatches puts the numbers of batches that are too high for their instruction into the word behind it, where the
// compiler leaves a 0.
func countBatches(code []uint32, functions []*lua.FunctionProto) {
	var next [256]uint32 // by the register of the table
	for pc := 0; pc < len(code); pc++ {
		inst := code[pc]
		switch a := argA(inst); opcode(inst) {
		case lua.OP_CLOSURE:
			pc += int(functions[int(inst)&0x3ffff].NumUpvalues) // no instructions of their own
		case lua.OP_SETLIST:
			if c := argC(inst); c != 0 {
				next[a] = uint32(c) + 1
				continue
			}
			pc++
			code[pc] = next[a]
			next[a]++
		}
	}
}
