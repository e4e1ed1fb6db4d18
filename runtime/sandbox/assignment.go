package sandbox

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// The compiler gives a local that is assigned its new value piece by piece while the rest of the statement is still
// read: `a, b = b, a` gives both the same value, `x = (x or y) and x` reads what it has just written, `x = f() and 1` does not
// assign what f gave. With several targets it also loses count of the registers that hold their values. So a statement
// with several targets is done one by one, through locals that no script can name,
//
//	do local (object 1), (value 1) = t.list, b; b = a; (object 1).x = (value 1) end
//
// and an `and` or `or` that the compiler could not assign at once is made in such a local first.

// assignment gives what shall stand in the place of s, nil if s may stay.
func (w *walker) assignment(s *ast.AssignStmt) ast.Stmt {
	for i := range s.Rhs {
		fold(&s.Rhs[i])
	}
	if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		return w.single(s)
	}
	r := rewriting{line: s.Line()}
	w.targets(&r, s)
	values := w.values(&r, s)
	for i := len(s.Lhs) - 1; i >= 0; i-- {
		r.assign(s.Lhs[i], values[i])
	}
	return r.block()
}

// single is for one target and one value.
func (w *walker) single(s *ast.AssignStmt) ast.Stmt {
	r := rewriting{line: s.Line()}
	switch target := s.Lhs[0].(type) {
	case *ast.AttrGetExpr:
		if !isConstant(target.Object) {
			return nil
		}
		target.Object = r.keep("object", target.Object) // of a constant the compiler takes the number for that of a register
		r.assign(target, s.Rhs[0])
		return r.block()
	case *ast.IdentExpr:
		if !w.isLocal(target.Value) {
			return nil
		}
		unbracketed(s.Rhs[0])
		if value, ok := s.Rhs[0].(*ast.LogicalOpExpr); ok && !w.atOnce(value) {
			r.assign(target, r.keep("value", value))
			return r.block()
		}
	}
	return nil
}

// unbracketed takes the brackets off (f()) and (...) for one target, which takes one value anyway: the compiler makes what stands in
// brackets in the register of the target, and the instruction for ... clears all registers behind that.
func unbracketed(value ast.Expr) {
	switch value := value.(type) {
	case *ast.FuncCallExpr:
		value.AdjustRet = false
	case *ast.Comma3Expr:
		value.AdjustRet = false
	}
}

// targets keeps what says where the values go and could be changed before they do.
func (w *walker) targets(r *rewriting, s *ast.AssignStmt) {
	for i, target := range s.Lhs {
		if target, ok := target.(*ast.AttrGetExpr); ok {
			later := s.Lhs[i+1:] // those that are assigned before this one
			if !w.steady(target.Object, later) {
				target.Object = r.keep("object", target.Object)
			}
			if !isConstant(target.Key) && !w.steady(target.Key, later) {
				target.Key = r.keep("key", target.Key)
			}
		}
	}
}

// values keeps those that could not be read later, and gives one for each target. They are assigned from the last to the
// first, as Lua does; the last one is not kept if it is read and assigned just then.
func (w *walker) values(r *rewriting, s *ast.AssignStmt) []ast.Expr {
	n, m := len(s.Lhs), len(s.Rhs)
	values := make([]ast.Expr, n)
	if m > n || m < n && isMultiple(s.Rhs[m-1]) {
		for i := range values {
			values[i] = r.name("value", s.Lhs[i].Line())
		}
		r.exprs = append(r.exprs, s.Rhs...)
		return values
	}
	plain := w.plain(s)
	for i := range values {
		switch {
		case i >= m:
			values[i] = at(s.Lhs[i].Line(), &ast.NilExpr{})
		case i == n-1, isConstant(s.Rhs[i]), plain && w.steady(s.Rhs[i], s.Lhs[i+1:]):
			values[i] = s.Rhs[i]
		default:
			values[i] = r.keep("value", s.Rhs[i])
		}
	}
	return values
}

// plain says whether s only copies constants and locals to locals, so that nothing else can happen meanwhile.
func (w *walker) plain(s *ast.AssignStmt) bool {
	for _, target := range s.Lhs {
		if !w.steady(target, nil) {
			return false
		}
	}
	for _, value := range s.Rhs {
		if !isConstant(value) && !w.steady(value, nil) {
			return false
		}
	}
	return true
}

// steady says whether e is a local that is none of the targets.
func (w *walker) steady(e ast.Expr, targets []ast.Expr) bool {
	name, ok := e.(*ast.IdentExpr)
	if !ok || !w.isLocal(name.Value) {
		return false
	}
	for _, target := range targets {
		if target, ok := target.(*ast.IdentExpr); ok && target.Value == name.Value {
			return false
		}
	}
	return true
}

// isMultiple says whether e gives any number of values.
func isMultiple(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// rewriting collects what becomes of a statement: locals of its own, and assignments of one value to one target.
type rewriting struct {
	line  int
	names []string
	exprs []ast.Expr
	stmts []ast.Stmt
}

// name makes a local of the given kind. A script cannot spell its name.
func (r *rewriting) name(kind string, line int) ast.Expr {
	name := fmt.Sprintf("(%s %d)", kind, len(r.names)+1)
	r.names = append(r.names, name)
	return ident(line, name)
}

// keep gives a local that holds e.
func (r *rewriting) keep(kind string, e ast.Expr) ast.Expr {
	local := r.name(kind, e.Line())
	r.exprs = append(r.exprs, e)
	return local
}

func (r *rewriting) assign(target, value ast.Expr) {
	unbracketed(value)
	r.stmts = append(r.stmts, at(target.Line(), &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{value}}))
}

func (r *rewriting) block() ast.Stmt {
	stmts := r.stmts
	if len(r.names) > 0 || len(r.exprs) > 0 {
		local := at(r.line, &ast.LocalAssignStmt{Names: r.names, Exprs: r.exprs})
		stmts = append([]ast.Stmt{local}, stmts...)
	}
	return at(r.line, &ast.DoBlockStmt{Stmts: stmts})
}
