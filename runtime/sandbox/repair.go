package sandbox

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// maxNesting is how deep a chunk may nest, counted in nodes of its syntax tree. The compiler recurses and is quadratic in
// this depth (10,000 additions in one expression take a second, 100,000 two minutes).
const maxNesting = 1000

// maxSearched bounds how many constants the compiler compares: it looks for each one among those that its function has
// already, one by one. 10,000 different ones take a quarter of a second, 80,000 most of a minute.
const maxSearched = 50_000_000

var (
	tooDeep = fmt.Sprintf("nested too deep, at most %d levels", maxNesting)
	tooMany = "more than 10000 different names, strings and numbers in one function: keep large tables in a JSON file"
)

// repair walks a chunk before it is compiled. It says where and why one is refused, and rewrites every
//
//	for NAMES in EXPRS do BODY end
//
// to
//
//	do local g, s, c = EXPRS; for NAMES in g, s, c do BODY end end
//
// because gopher-lua's compiler leaves the third value undefined where fewer expressions stand there, and spoils calls
// on the result of a call. It does not recurse itself, so that no source can exhaust Go's stack.
func repair(chunk []ast.Stmt) (line int, refused string) {
	w := walker{}
	w.constants = make(map[string]int)
	w.stmts(chunk, 1)
	for len(w.pending) > 0 {
		n := w.pending[len(w.pending)-1]
		w.pending = w.pending[:len(w.pending)-1]
		if n.depth > maxNesting {
			return n.line, tooDeep
		}
		if w.searched > maxSearched {
			return n.line, tooMany
		}
		w.constants = n.constants
		first := len(w.pending)
		if n.stmts != nil {
			for i, s := range n.stmts {
				n.stmts[i] = w.stmt(s, n.depth)
			}
		} else {
			w.expr(n.expr, n.depth)
		}
		slices.Reverse(w.pending[first:]) // in the order of the source, as the compiler
	}
	if w.searched > maxSearched {
		return 1, tooMany
	}
	return 0, ""
}

type node struct {
	stmts []ast.Stmt // or
	expr  ast.Expr
	depth int
	line  int

	constants map[string]int // of the function around it, by their place
}

type walker struct {
	pending   []node
	constants map[string]int // of the function of the current node
	searched  int
}

// constant counts the search for one.
func (w *walker) constant(kind, value string) {
	at, ok := w.constants[kind+value]
	if !ok {
		at = len(w.constants)
		w.constants[kind+value] = at
	}
	w.searched += at
}

func (w *walker) stmts(list []ast.Stmt, depth int) {
	if len(list) > 0 {
		w.pending = append(w.pending, node{stmts: list, depth: depth, line: list[0].Line(), constants: w.constants})
	}
}

func (w *walker) exprs(depth int, list ...ast.Expr) {
	for _, e := range list {
		if e != nil {
			w.pending = append(w.pending, node{expr: e, depth: depth, line: e.Line(), constants: w.constants})
		}
	}
}

func (w *walker) stmt(s ast.Stmt, depth int) ast.Stmt {
	depth++
	switch s := s.(type) {
	case *ast.AssignStmt:
		w.exprs(depth, s.Lhs...)
		w.exprs(depth, s.Rhs...)
	case *ast.LocalAssignStmt:
		w.exprs(depth, s.Exprs...)
	case *ast.FuncCallStmt:
		w.exprs(depth, s.Expr)
	case *ast.DoBlockStmt:
		w.stmts(s.Stmts, depth)
	case *ast.WhileStmt:
		w.exprs(depth, s.Condition)
		w.stmts(s.Stmts, depth)
	case *ast.RepeatStmt:
		w.exprs(depth, s.Condition)
		w.stmts(s.Stmts, depth)
	case *ast.IfStmt:
		w.exprs(depth, s.Condition)
		w.stmts(s.Then, depth)
		w.stmts(s.Else, depth)
	case *ast.NumberForStmt:
		w.exprs(depth, s.Init, s.Limit, s.Step)
		w.stmts(s.Stmts, depth)
	case *ast.GenericForStmt:
		w.exprs(depth, s.Exprs...)
		w.stmts(s.Stmts, depth)
		return spelledOut(s)
	case *ast.FuncDefStmt:
		w.exprs(depth, s.Name.Func, s.Name.Receiver, s.Func)
	case *ast.ReturnStmt:
		w.exprs(depth, s.Exprs...)
	}
	return s
}

func (w *walker) expr(e ast.Expr, depth int) {
	depth++
	switch e := e.(type) {
	case *ast.StringExpr:
		w.constant("s", e.Value)
	case *ast.NumberExpr:
		e.Value = decimal(e.Value)
		w.constant("n", e.Value)
	case *ast.IdentExpr:
		w.constant("s", e.Value)
	case *ast.AttrGetExpr:
		w.exprs(depth, e.Object, e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			w.exprs(depth, f.Key, f.Value)
		}
	case *ast.FuncCallExpr:
		if e.Method != "" {
			w.constant("s", e.Method)
		}
		w.exprs(depth, e.Func, e.Receiver)
		w.exprs(depth, e.Args...)
	case *ast.LogicalOpExpr:
		w.exprs(depth, e.Lhs, e.Rhs)
	case *ast.RelationalOpExpr:
		w.exprs(depth, e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		w.exprs(depth, e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		w.exprs(depth, e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		w.exprs(depth, e.Expr)
	case *ast.UnaryNotOpExpr:
		w.exprs(depth, e.Expr)
	case *ast.UnaryLenOpExpr:
		w.exprs(depth, e.Expr)
	case *ast.FunctionExpr:
		w.constants = make(map[string]int)
		w.stmts(e.Stmts, depth)
	}
}

// spelledOut gives a generic for its three values as locals that no script can name.
func spelledOut(loop *ast.GenericForStmt) ast.Stmt {
	names := []string{"(generator)", "(state)", "(control)"}
	values := &ast.LocalAssignStmt{Names: names, Exprs: loop.Exprs}
	values.SetLine(loop.Line())
	values.SetLastLine(loop.Line())
	loop.Exprs = make([]ast.Expr, len(names))
	for i, name := range names {
		ident := &ast.IdentExpr{Value: name}
		ident.SetLine(loop.Line())
		ident.SetLastLine(loop.Line())
		loop.Exprs[i] = ident
	}
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{values, loop}}
	block.SetLine(loop.Line())
	block.SetLastLine(loop.LastLine())
	return block
}
