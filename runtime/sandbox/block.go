package sandbox

import "github.com/yuin/gopher-lua/ast"

// body walks the body of a loop with the locals of its head and the condition at its end, and mends its beginning. back says
// whether the loop jumps there from behind.
func (w *walker) body(loop ast.Stmt, list *[]ast.Stmt, names []string, until *ast.Expr, depth int, back func() bool) {
	w.then(func() {
		w.enter(w.block.fn, true)
		for _, name := range names {
			w.declare(name)
		}
	})
	w.stmts(*list, depth)
	if until != nil {
		w.expr(depth, until)
	}
	w.then(func() {
		switch {
		case w.leave().leaks:
			*list = append(anchored(loop.Line()), *list...)
		case back() && jumps(*list):
			*list = append([]ast.Stmt{nothing(loop.Line())}, *list...)
		}
	})
}

func always() bool { return true }
func never() bool  { return false }

// jumps says whether the code of list may begin with a jump. A loop must not: the compiler lets a jump to a jump go to where
// the second one goes, and misreads one that stands before and has been treated so itself.
func jumps(list []ast.Stmt) bool {
	for len(list) > 0 {
		switch s := list[0].(type) {
		case *ast.LabelStmt, *ast.BreakStmt:
			return true
		case *ast.IfStmt:
			fold(&s.Condition)
			return isConstant(s.Condition)
		case *ast.WhileStmt:
			fold(&s.Condition)
			return isConstant(s.Condition)
		case *ast.DoBlockStmt:
			list = s.Stmts
		case *ast.RepeatStmt:
			list = s.Stmts
		default:
			return false
		}
	}
	return true
}

// behindLabel does the same for what a goto comes back to.
func (w *walker) behindLabel(list []ast.Stmt) {
	if _, label := list[0].(*ast.LabelStmt); !label || len(list) < 2 {
		return
	}
	if _, another := list[1].(*ast.LabelStmt); !another && jumps(list[1:2]) {
		line := list[1].Line()
		list[1] = at(line, &ast.DoBlockStmt{Stmts: []ast.Stmt{nothing(line), list[1]}})
	}
}

// nothing is `do local (nothing) end`, an instruction without effect.
func nothing(line int) ast.Stmt {
	local := at(line, &ast.LocalAssignStmt{Names: []string{"(nothing)"}})
	return at(line, &ast.DoBlockStmt{Stmts: []ast.Stmt{local}})
}

// anchored begins a loop with
//
//	local (anchor) if false then local (keep) = function() return (anchor) end end
//
// so that break closes the captured locals of the blocks that it leaves: the compiler thinks of it only if the loop's own
// block has some.
func anchored(line int) []ast.Stmt {
	anchor := at(line, &ast.LocalAssignStmt{Names: []string{"(anchor)"}})
	return []ast.Stmt{anchor, at(line, &ast.IfStmt{Condition: boolean(line, false), Then: []ast.Stmt{keeping(line)}})}
}

// keeping captures the local (anchor).
func keeping(line int) ast.Stmt {
	back := at(line, &ast.ReturnStmt{Exprs: []ast.Expr{ident(line, "(anchor)")}})
	fn := at(line, &ast.FunctionExpr{ParList: &ast.ParList{}, Stmts: []ast.Stmt{back}})
	return at(line, &ast.LocalAssignStmt{Names: []string{"(keep)"}, Exprs: []ast.Expr{fn}})
}

// closingOwn is
//
//	do local (anchor) goto LABEL local (keep) = function() return (anchor) end end
//
// in place of a goto, which closes all captured locals of the function if it leaves no block that has some, and with them
// those that are still in use.
func closingOwn(s *ast.GotoStmt) ast.Stmt {
	anchor := at(s.Line(), &ast.LocalAssignStmt{Names: []string{"(anchor)"}})
	return at(s.Line(), &ast.DoBlockStmt{Stmts: []ast.Stmt{anchor, s, keeping(s.Line())}})
}

// oneCall says whether the values of a generic for are those of a call that the compiler gets right: of a variable, or of
// a field or method of one. Otherwise it leaves the third value undefined where there are fewer expressions, and spoils calls
// on the result of a call.
func oneCall(exprs []ast.Expr) bool {
	call, ok := exprs[0].(*ast.FuncCallExpr)
	if !ok || len(exprs) != 1 || call.AdjustRet {
		return false
	}
	callee := call.Func
	if callee == nil {
		callee = call.Receiver
	}
	for {
		switch e := callee.(type) {
		case *ast.IdentExpr:
			return true
		case *ast.AttrGetExpr:
			if _, ok := e.Key.(*ast.StringExpr); !ok {
				return false
			}
			callee = e.Object
		default:
			return false
		}
	}
}

const generator = "(generator)"

// spelledOut gives a generic for its three values as locals that no script can name:
//
//	do local (generator), (state), (control) = EXPRS; for NAMES in (generator), (state), (control) do BODY end end
func spelledOut(loop *ast.GenericForStmt) ast.Stmt {
	names := []string{generator, "(state)", "(control)"}
	values := at(loop.Line(), &ast.LocalAssignStmt{Names: names, Exprs: loop.Exprs})
	loop.Exprs = make([]ast.Expr, len(names))
	for i, name := range names {
		loop.Exprs[i] = ident(loop.Line(), name)
	}
	block := at(loop.Line(), &ast.DoBlockStmt{Stmts: []ast.Stmt{values, loop}})
	block.SetLastLine(loop.LastLine())
	return block
}

func isSpelledOut(exprs []ast.Expr) bool {
	name, ok := exprs[0].(*ast.IdentExpr)
	return ok && name.Value == generator
}
