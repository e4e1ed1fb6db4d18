package sandbox

import "github.com/yuin/gopher-lua/ast"

// Parts are the places of the expressions that e is made of, in the order of the source; some may hold nil. The body of a
// function is none of them.
func Parts(e ast.Expr) []*ast.Expr {
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		return []*ast.Expr{&e.Object, &e.Key}
	case *ast.TableExpr:
		var parts []*ast.Expr
		for _, f := range e.Fields {
			parts = append(parts, &f.Key, &f.Value)
		}
		return parts
	case *ast.FuncCallExpr:
		parts := []*ast.Expr{&e.Func, &e.Receiver}
		for i := range e.Args {
			parts = append(parts, &e.Args[i])
		}
		return parts
	case *ast.LogicalOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.RelationalOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.StringConcatOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.ArithmeticOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.UnaryMinusOpExpr:
		return []*ast.Expr{&e.Expr}
	case *ast.UnaryNotOpExpr:
		return []*ast.Expr{&e.Expr}
	case *ast.UnaryLenOpExpr:
		return []*ast.Expr{&e.Expr}
	}
	return nil
}
