package sandbox

import "github.com/yuin/gopher-lua/ast"

// atOnce says whether the compiler can make e in the register of a local that e may read: whether each way out of e
// writes the local, and none that stays inside does. A way out of `and` writes it if what stands there is another local, a
// constant or a comparison; one to the next part of an `and` writes it if it comes from an `or`.
func (w *walker) atOnce(e *ast.LogicalOpExpr) bool {
	type part struct {
		expr            ast.Expr
		thenOut, elsOut bool // where true and false go to: out of the whole expression?
		or              bool // what follows is the other side of an or
	}
	parts := []part{{e, true, true, false}}
	for len(parts) > 0 {
		p := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		switch e := p.expr.(type) {
		case *ast.LogicalOpExpr:
			left := part{e.Lhs, false, p.elsOut, false}
			if e.Operator == "or" {
				left = part{e.Lhs, p.thenOut, false, true}
			}
			parts = append(parts, left, part{e.Rhs, p.thenOut, p.elsOut, p.or})
		case *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr, *ast.NumberExpr, *ast.StringExpr, *ast.RelationalOpExpr:
		case *ast.IdentExpr:
			if p.or && !p.thenOut || !p.or && p.elsOut && !p.thenOut && !w.isLocal(e.Value) {
				return false
			}
		default:
			if p.or && !p.thenOut || !p.or && p.elsOut && !p.thenOut {
				return false
			}
		}
	}
	return true
}

// fold takes constants away that an `and`, `or` or `not` begins with: `true and x` is x. The compiler makes a jump of such a
// constant, and a loop must not begin with one (see jumps).
func fold(slot *ast.Expr) {
	spine := operands(nil, slot)
	for len(spine) > 0 {
		at := spine[len(spine)-1]
		spine = spine[:len(spine)-1]
		switch e := (*at).(type) {
		case *ast.UnaryNotOpExpr:
			if isConstant(e.Expr) {
				*at = boolean(e.Line(), !isTrue(e.Expr))
			}
		case *ast.LogicalOpExpr:
			switch {
			case !isConstant(e.Lhs):
			case isTrue(e.Lhs) == (e.Operator == "or"):
				*at = e.Lhs
			default:
				*at = oneValue(e.Rhs)
				spine = operands(spine, at)
			}
		}
	}
}

// operands appends where the first operands stand of which the expression at slot is made, the outermost first.
func operands(spine []*ast.Expr, slot *ast.Expr) []*ast.Expr {
	for {
		switch e := (*slot).(type) {
		case *ast.UnaryNotOpExpr:
			spine, slot = append(spine, slot), &e.Expr
		case *ast.LogicalOpExpr:
			spine, slot = append(spine, slot), &e.Lhs
		default:
			return spine
		}
	}
}

// oneValue gives e as an operand: of a call or `...` that is the first value alone.
func oneValue(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

func isConstant(e ast.Expr) bool {
	switch e.(type) {
	case *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr, *ast.NumberExpr, *ast.StringExpr:
		return true
	}
	return false
}

// isTrue says whether a constant counts as true.
func isTrue(e ast.Expr) bool {
	switch e.(type) {
	case *ast.FalseExpr, *ast.NilExpr:
		return false
	}
	return true
}

func boolean(line int, value bool) ast.Expr {
	if value {
		return at(line, &ast.TrueExpr{})
	}
	return at(line, &ast.FalseExpr{})
}
