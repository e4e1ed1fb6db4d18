package sandbox

import (
	"errors"
	"math"
	"regexp"
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// compileScoped is lua.Compile with a right FunctionProto.DbgLocals: gopher-lua writes the end of a variable's scope into the
// entry of another variable wherever blocks stand inside each other, so that no register can be given its name.
//
// Every node of the tree gets a number of its own in the place of its line, which the compiler puts into
// DbgSourcePositions. So each instruction tells the node it was made from, and the first one that was made from a node
// outside a block is the end of the scopes of that block. The lines are put back then.
func compileScoped(chunk []ast.Stmt, name string) (*lua.FunctionProto, error) {
	last := 0
	if len(chunk) > 0 {
		last = endLine(chunk[len(chunk)-1]) + 1
	}
	n := &numbering{functions: make(map[int][]scope)}
	main := n.function(nil, chunk, 0)
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		if c := (*lua.CompileError)(nil); errors.As(err, &c) {
			n.restoreError(c)
		}
		return nil, err
	}
	n.restore(proto, main)
	proto.LastLineDefined = last
	proto.DbgSourcePositions[len(proto.DbgSourcePositions)-1] = last
	return proto, nil
}

// numbered is a number in a message of the compiler.
var numbered = regexp.MustCompile(`(at|on) line (-[0-9]+)`)

// restoreError puts the lines back. Where the message tells one, that is where the error is.
func (n *numbering) restoreError(c *lua.CompileError) {
	c.Line = n.line(c.Line)
	c.Message = numbered.ReplaceAllStringFunc(c.Message, func(found string) string {
		m := numbered.FindStringSubmatch(found)
		number, _ := strconv.Atoi(m[2])
		if m[1] == "at" {
			c.Line = n.line(number)
		}
		return m[1] + " line " + strconv.Itoa(n.line(number))
	})
}

func endLine(at ast.PositionHolder) int {
	if line := at.LastLine(); line != 0 {
		return line
	}
	return at.Line()
}

// numbering gives numbers to nodes: -1, -2 and so on in the order of the source.
type numbering struct {
	lines     []int           // the line of each
	functions map[int][]scope // the local variables of each function, by its number
	scopes    []scope         // of the current function
}

// scope is a local variable, and the first and last number of the block that it is seen in.
type scope struct {
	name        string
	first, last int
}

// start numbers a node, and finish the line of its end after all that is in it. A node that stands in the tree twice keeps
// its first number.
func (n *numbering) start(at ast.PositionHolder) {
	if at.Line() >= 0 {
		n.lines = append(n.lines, at.Line())
		at.SetLine(-len(n.lines))
	}
}

func (n *numbering) finish(at ast.PositionHolder) {
	if at.LastLine() > 0 {
		n.lines = append(n.lines, at.LastLine())
		at.SetLastLine(-len(n.lines))
	}
}

func (n *numbering) line(number int) int {
	if number < 0 && -number <= len(n.lines) {
		return n.lines[-number-1]
	}
	return number
}

// declare begins the scope of a variable in the current block.
func (n *numbering) declare(names ...string) {
	for _, name := range names {
		n.scopes = append(n.scopes, scope{name: name, first: len(n.lines)})
	}
}

// leave ends the scopes that begun since there were as many as before.
func (n *numbering) leave(before, first int) {
	for i := range n.scopes[before:] {
		if s := &n.scopes[before+i]; s.last == 0 {
			s.first, s.last = first, len(n.lines)
		}
	}
}

// block numbers the statements of one; further is what else can see its variables.
func (n *numbering) block(list []ast.Stmt, names []string, further ...ast.Expr) {
	before, first := len(n.scopes), len(n.lines)+1
	n.declare(names...)
	for _, s := range list {
		n.stmt(s)
	}
	n.exprs(further...)
	n.leave(before, first)
}

func (n *numbering) function(names []string, body []ast.Stmt, number int) []scope {
	outer := n.scopes
	n.scopes = nil
	n.declare(names...)
	for i := range n.scopes {
		n.scopes[i].last = math.MaxInt
	}
	for _, s := range body {
		n.stmt(s)
	}
	for i := range n.scopes {
		if n.scopes[i].last == 0 {
			n.scopes[i].last = math.MaxInt
		}
		if n.scopes[i].last == math.MaxInt {
			n.scopes[i].first = 0
		}
	}
	own := n.scopes
	n.functions[number] = own
	n.scopes = outer
	return own
}

func (n *numbering) stmt(s ast.Stmt) {
	n.start(s)
	switch s := s.(type) {
	case *ast.AssignStmt:
		n.exprs(s.Lhs...)
		n.exprs(s.Rhs...)
	case *ast.LocalAssignStmt:
		n.exprs(s.Exprs...)
		n.declare(s.Names...)
	case *ast.FuncCallStmt:
		n.exprs(s.Expr)
	case *ast.DoBlockStmt:
		n.block(s.Stmts, nil)
	case *ast.WhileStmt:
		n.exprs(s.Condition)
		n.block(s.Stmts, nil)
	case *ast.RepeatStmt:
		n.block(s.Stmts, nil, s.Condition)
	case *ast.IfStmt:
		n.exprs(s.Condition)
		n.block(s.Then, nil)
		n.block(s.Else, nil)
	case *ast.NumberForStmt:
		before, first := len(n.scopes), -s.Line()
		n.declare("(for index)", "(for limit)", "(for step)")
		n.exprs(s.Init, s.Limit, s.Step)
		n.block(s.Stmts, []string{s.Name})
		n.leave(before, first)
	case *ast.GenericForStmt:
		before, first := len(n.scopes), -s.Line()
		n.declare("(for generator)", "(for state)", "(for control)")
		n.exprs(s.Exprs...)
		n.block(s.Stmts, s.Names)
		n.leave(before, first)
	case *ast.FuncDefStmt:
		n.exprs(s.Name.Func, s.Name.Receiver)
		var self []string
		if s.Name.Func == nil {
			self = []string{"self"}
		}
		n.functionExpr(s.Func, self)
	case *ast.ReturnStmt:
		n.exprs(s.Exprs...)
	}
	n.finish(s)
}

func (n *numbering) functionExpr(e *ast.FunctionExpr, names []string) {
	n.start(e)
	names = append(names, e.ParList.Names...)
	if e.ParList.HasVargs {
		names = append(names, "arg")
	}
	n.function(names, e.Stmts, e.Line())
	n.finish(e)
}

func (n *numbering) exprs(list ...ast.Expr) {
	for _, e := range list {
		if e != nil {
			n.expr(e)
		}
	}
}

func (n *numbering) expr(e ast.Expr) {
	if f, ok := e.(*ast.FunctionExpr); ok {
		n.functionExpr(f, nil)
		return
	}
	n.start(e)
	for _, part := range Parts(e) {
		n.exprs(*part)
	}
	n.finish(e)
}

// restore ends the scopes of a function and of those inside it, and puts the lines back.
func (n *numbering) restore(p *lua.FunctionProto, scopes []scope) {
	if len(scopes) != len(p.DbgLocals) {
		p.DbgLocals = nil // the compiler has other variables: better no names than wrong ones
	}
	for i, v := range p.DbgLocals {
		s := scopes[i]
		if v.Name != s.name {
			p.DbgLocals = nil
			break
		}
		if v.EndPc = v.StartPc; s.last == math.MaxInt {
			v.EndPc = len(p.Code)
		}
		for v.EndPc < len(p.Code) {
			if number := -p.DbgSourcePositions[v.EndPc]; number > 0 && (number < s.first || number > s.last) {
				break
			}
			v.EndPc++
		}
	}
	for _, inner := range p.FunctionPrototypes {
		n.restore(inner, n.functions[inner.LineDefined])
	}
	for pc, number := range p.DbgSourcePositions {
		p.DbgSourcePositions[pc] = n.line(number)
	}
	p.LineDefined, p.LastLineDefined = n.line(p.LineDefined), n.line(p.LastLineDefined)
}
