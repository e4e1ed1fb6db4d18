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

// repair walks a chunk before it is compiled. It says where and why one is refused, and rewrites what gopher-lua's
// compiler would give another meaning; the files assignment.go, condition.go, constructor.go and block.go say what.
// Whatever is safe stays as it is. The walk does not recurse itself, so that no source can exhaust Go's stack.
func repair(chunk []ast.Stmt) (line int, refused string) {
	w := walker{resolver: resolver{visible: make(map[string]*variable)}}
	w.enter(&function{constants: make(map[string]int)}, false)
	w.stmts(chunk, 1)
	for len(w.tasks) > 0 {
		t := w.tasks[len(w.tasks)-1]
		w.tasks = w.tasks[:len(w.tasks)-1]
		first := len(w.tasks)
		switch {
		case t.depth > maxNesting:
			return t.line(), tooDeep
		case w.searched > maxSearched:
			return t.line(), tooMany
		case t.then != nil:
			t.then()
		case t.expr != nil:
			if !t.folded {
				fold(t.expr)
			}
			w.visit(t.expr, t.depth)
		default:
			w.behindLabel(t.list)
			t.list[0] = w.stmt(t.list[0], t.depth)
			w.stmts(t.list[1:], t.depth)
		}
		slices.Reverse(w.tasks[first:]) // in the order of the source, as the compiler
	}
	if w.searched > maxSearched {
		return 1, tooMany
	}
	return 0, ""
}

// task is a part of the chunk that is not walked yet.
type task struct {
	list   []ast.Stmt // or
	expr   *ast.Expr  // where the expression stands, or
	then   func()     // what follows on the parts before
	depth  int
	folded bool // expr has been
}

func (t task) line() int {
	switch {
	case t.expr != nil:
		return (*t.expr).Line()
	case len(t.list) > 0:
		return t.list[0].Line()
	}
	return 0
}

type walker struct {
	resolver
	tasks    []task
	searched int
}

// constant counts the search for one.
func (w *walker) constant(kind, value string) {
	constants := w.block.fn.constants
	at, ok := constants[kind+value]
	if !ok {
		at = len(constants)
		constants[kind+value] = at
	}
	w.searched += at
}

func (w *walker) stmts(list []ast.Stmt, depth int) {
	if len(list) > 0 {
		w.tasks = append(w.tasks, task{list: list, depth: depth})
	}
}

func (w *walker) exprs(depth int, list []ast.Expr) {
	for i := range list {
		w.expr(depth, &list[i])
	}
}

func (w *walker) expr(depth int, slot *ast.Expr) {
	if *slot != nil {
		w.tasks = append(w.tasks, task{expr: slot, depth: depth})
	}
}

func (w *walker) then(do func()) { w.tasks = append(w.tasks, task{then: do}) }

// inside walks a block; done, which may be nil, is told about it at its end.
func (w *walker) inside(list []ast.Stmt, depth int) {
	w.then(func() { w.enter(w.block.fn, false) })
	w.stmts(list, depth)
	w.then(func() { w.leave() })
}

// stmt gives what shall stand in the place of s.
func (w *walker) stmt(s ast.Stmt, depth int) ast.Stmt {
	depth++
	switch s := s.(type) {
	case *ast.AssignStmt:
		if better := w.assignment(s); better != nil {
			return w.stmt(better, depth)
		}
		w.exprs(depth, s.Lhs)
		w.exprs(depth, s.Rhs)
	case *ast.LocalAssignStmt:
		w.local(s, depth)
	case *ast.FuncCallStmt:
		w.expr(depth, &s.Expr)
	case *ast.DoBlockStmt:
		w.inside(s.Stmts, depth)
	case *ast.WhileStmt:
		w.expr(depth, &s.Condition)
		w.body(s, &s.Stmts, nil, nil, depth, func() bool { return isConstant(s.Condition) })
	case *ast.RepeatStmt:
		w.body(s, &s.Stmts, nil, &s.Condition, depth, always)
	case *ast.IfStmt:
		w.expr(depth, &s.Condition)
		w.inside(s.Then, depth)
		w.inside(s.Else, depth)
	case *ast.NumberForStmt:
		w.expr(depth, &s.Init)
		w.expr(depth, &s.Limit)
		w.expr(depth, &s.Step)
		w.body(s, &s.Stmts, []string{s.Name}, nil, depth, never)
	case *ast.GenericForStmt:
		if !oneCall(s.Exprs) && !isSpelledOut(s.Exprs) {
			return w.stmt(spelledOut(s), depth)
		}
		w.exprs(depth, s.Exprs)
		w.body(s, &s.Stmts, s.Names, nil, depth, always)
	case *ast.FuncDefStmt:
		w.expr(depth, &s.Name.Func)
		w.expr(depth, &s.Name.Receiver)
		w.then(func() { w.function(s.Func, s.Name.Func == nil, depth) })
	case *ast.ReturnStmt:
		w.exprs(depth, s.Exprs)
	case *ast.BreakStmt:
		w.leaveLoop()
	case *ast.GotoStmt:
		return closingOwn(s)
	case *ast.LabelStmt:
	}
	return s
}

func (w *walker) visit(slot *ast.Expr, depth int) {
	depth++
	switch e := (*slot).(type) {
	case *ast.StringExpr:
		w.constant("s", e.Value)
	case *ast.NumberExpr:
		e.Value = decimal(e.Value)
		w.constant("n", e.Value)
	case *ast.IdentExpr:
		w.constant("s", e.Value)
		w.use(e.Value)
	case *ast.TableExpr:
		w.constructor(slot, e, depth)
		return
	case *ast.FuncCallExpr:
		if e.Method != "" {
			w.constant("s", e.Method)
		}
	case *ast.ArithmeticOpExpr:
		if v, ok := constantNumber(e, 0); ok && e.Operator == "%" {
			*slot = numeral(e.Line(), v)
			w.visit(slot, depth)
			return
		}
	case *ast.FunctionExpr:
		w.function(e, false, depth)
	}
	w.parts(depth, *slot)
}

// parts walks what e is made of. The first operand of an `and`, `or` or `not` was folded with the whole.
func (w *walker) parts(depth int, e ast.Expr) {
	first := len(w.tasks)
	for _, part := range Parts(e) {
		w.expr(depth, part)
	}
	switch e.(type) {
	case *ast.LogicalOpExpr, *ast.UnaryNotOpExpr:
		w.tasks[first].folded = true
	}
}

// function walks the body of one. The compiler gives each function with `...` that does not use it a local `arg`, whose
// register a tail call forgets to move if it is the last one: so there has to be another one.
func (w *walker) function(e *ast.FunctionExpr, method bool, depth int) {
	w.enter(&function{constants: make(map[string]int)}, false)
	if method {
		w.declare("self")
	}
	for _, name := range e.ParList.Names {
		w.declare(name)
	}
	var arg *variable
	if e.ParList.HasVargs {
		arg = w.declare("arg")
	}
	w.stmts(e.Stmts, depth)
	w.then(func() {
		if w.leave(); arg != nil && arg.used {
			e.Stmts = append([]ast.Stmt{nothing(e.Line())}, e.Stmts...)
		}
	})
}

// local walks `local NAMES = EXPRS`, whose names are in scope behind it, and `local function NAME`, whose name is in scope
// inside; only the latter has a last line. The compiler takes `local NAME = function` for it as well, unless there
// are two values.
func (w *walker) local(s *ast.LocalAssignStmt, depth int) {
	one := len(s.Names) == 1 && len(s.Exprs) == 1
	if one {
		fold(&s.Exprs[0])
		_, one = s.Exprs[0].(*ast.FunctionExpr)
	}
	switch {
	case one && s.LastLine() != 0:
		w.declare(s.Names[0])
		w.exprs(depth, s.Exprs)
		return
	case one:
		early := w.declare(s.Names[0])
		early.unborn = true
		w.exprs(depth, s.Exprs)
		w.then(func() {
			if w.forget(); early.missing {
				s.Exprs = append(s.Exprs, at(s.Line(), &ast.NilExpr{}))
			}
		})
	default:
		w.exprs(depth, s.Exprs)
	}
	w.then(func() {
		for _, name := range s.Names {
			w.declare(name)
		}
	})
}

// at gives a node that was not in the source its line.
func at[N ast.PositionHolder](line int, node N) N {
	node.SetLine(line)
	node.SetLastLine(line)
	return node
}

func ident(line int, name string) ast.Expr { return at(line, &ast.IdentExpr{Value: name}) }
