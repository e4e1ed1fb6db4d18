package sandbox

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// The compiler computes with constants itself, with the remainder of C. So a remainder of constants is computed before.

// constantNumber computes an expression of numbers.
func constantNumber(e ast.Expr, deep int) (lua.LNumber, bool) {
	if deep > maxNesting {
		return 0, false
	}
	switch e := e.(type) {
	case *ast.NumberExpr:
		return parseNumber(e.Value)
	case *ast.UnaryMinusOpExpr:
		v, ok := constantNumber(e.Expr, deep+1)
		return -v, ok
	case *ast.ArithmeticOpExpr:
		b, ok := constantNumber(e.Rhs, deep+1)
		if !ok {
			return 0, false
		}
		a, ok := constantNumber(e.Lhs, deep+1)
		return operators[events[e.Operator]](a, b), ok
	}
	return 0, false
}

var events = map[string]string{"+": "__add", "-": "__sub", "*": "__mul", "/": "__div", "%": "__mod", "^": "__pow"}

// numeral writes a number as an expression.
func numeral(line int, v lua.LNumber) ast.Expr {
	text := strconv.FormatFloat(math.Abs(float64(v)), 'g', 17, 64)
	switch {
	case v != v:
		zero := at(line, &ast.NumberExpr{Value: "0"})
		return at(line, &ast.ArithmeticOpExpr{Operator: "/", Lhs: zero, Rhs: zero})
	case v < 0:
		return at(line, &ast.UnaryMinusOpExpr{Expr: at(line, &ast.NumberExpr{Value: text})})
	}
	return at(line, &ast.NumberExpr{Value: text})
}
