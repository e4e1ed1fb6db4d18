package check

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// variable is a local variable, or a global one of the file.
type variable struct {
	name    string
	assigns int // how often it is given a value
	value   value
}

// source is a file and what the first walk found in it.
type source struct {
	file  string // "scripts/tour.lua"
	chunk []ast.Stmt

	doubts []Finding // about its text

	places map[any]position // of names, constants and, for calls with a colon, the method
	uses   map[*ast.IdentExpr]*variable
	locals map[ast.Stmt][]*variable // of local statements and loops
	names  map[string]bool          // of all local variables

	globals map[string]*variable // that the file assigns
	fields  map[string]bool      // "string.trim": that it adds to a library
	guarded map[string]bool      // "table.unpack": that it asks for before using
	dynamic bool                 // it sets globals in ways that can't be followed
}

// resolver makes the first walk.
type resolver struct {
	*source
	tokens *tokens
	scopes []map[string]*variable
}

func resolve(file string, text []byte, chunk []ast.Stmt) *source {
	r := &resolver{
		source: &source{
			file: file, chunk: chunk,
			places: make(map[any]position), uses: make(map[*ast.IdentExpr]*variable),
			locals: make(map[ast.Stmt][]*variable), names: make(map[string]bool),
			globals: make(map[string]*variable), fields: make(map[string]bool), guarded: make(map[string]bool),
		},
		tokens: scan(text, file),
	}
	r.block(chunk)
	return r.source
}

func (r *resolver) block(list []ast.Stmt, declared ...*variable) {
	scope := make(map[string]*variable)
	for _, v := range declared {
		scope[v.name] = v
	}
	r.scopes = append(r.scopes, scope)
	for _, s := range list {
		r.stmt(s)
	}
	r.scopes = r.scopes[:len(r.scopes)-1]
}

func (r *resolver) declare(name string) *variable {
	v := &variable{name: name, assigns: 1}
	r.scopes[len(r.scopes)-1][name] = v
	r.names[name] = true
	return v
}

func (r *resolver) lookup(name string) *variable {
	for i := len(r.scopes) - 1; i >= 0; i-- {
		if v := r.scopes[i][name]; v != nil {
			return v
		}
	}
	return nil
}

func (r *resolver) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		for _, e := range s.Lhs {
			r.assigned(e)
		}
		r.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		r.local(s)
	case *ast.FuncCallStmt:
		r.expr(s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.guard(s.Condition)
		r.expr(s.Condition)
		r.block(s.Stmts)
	case *ast.RepeatStmt:
		r.scopes = append(r.scopes, make(map[string]*variable))
		for _, inner := range s.Stmts {
			r.stmt(inner)
		}
		r.expr(s.Condition) // sees the locals of the body
		r.scopes = r.scopes[:len(r.scopes)-1]
	case *ast.IfStmt:
		r.guard(s.Condition)
		r.expr(s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		r.tokens.find(s.Name)
		r.expr(s.Init)
		r.expr(s.Limit)
		r.expr(s.Step)
		r.names[s.Name] = true
		r.block(s.Stmts, &variable{name: s.Name, assigns: 2})
	case *ast.GenericForStmt:
		var list []*variable
		for _, name := range s.Names {
			r.tokens.find(name)
			r.names[name] = true
			list = append(list, &variable{name: name, assigns: 1})
		}
		r.exprs(s.Exprs)
		r.locals[s] = list
		r.block(s.Stmts, list...)
	case *ast.FuncDefStmt:
		r.function(s)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	case *ast.LabelStmt:
		r.tokens.find(s.Name)
	case *ast.GotoStmt:
		r.tokens.find(s.Label)
	}
}

// local declares after its values are known, except for a function, which may
// call itself.
func (r *resolver) local(s *ast.LocalAssignStmt) {
	var list []*variable
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			r.tokens.find(s.Names[0])
			r.locals[s] = []*variable{r.declare(s.Names[0])}
			r.exprs(s.Exprs)
			return
		}
	}
	for _, name := range s.Names {
		r.tokens.find(name)
	}
	r.exprs(s.Exprs)
	for _, name := range s.Names {
		list = append(list, r.declare(name))
	}
	r.locals[s] = list
}

func (r *resolver) function(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		r.assigned(s.Name.Func)
	} else {
		r.expr(s.Name.Receiver)
		r.tokens.find(s.Name.Method)
		if path := pathOf(s.Name.Receiver); path != "" {
			r.fields[path+"."+s.Name.Method] = true
		}
		// The receiver is there under the name self.
		r.body(s.Func, &variable{name: "self", assigns: 2})
		return
	}
	r.body(s.Func)
}

func (r *resolver) body(f *ast.FunctionExpr, declared ...*variable) {
	for _, name := range f.ParList.Names {
		r.tokens.find(name)
		r.names[name] = true
		declared = append(declared, &variable{name: name, assigns: 2})
	}
	if f.ParList.HasVargs {
		declared = append(declared, &variable{name: "arg", assigns: 2})
	}
	r.block(f.Stmts, declared...)
}

// assigned is an expression that gets a value.
func (r *resolver) assigned(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.expr(e)
		if v := r.uses[e]; v != nil {
			v.assigns++
			return
		}
		v := r.globals[e.Value]
		if v == nil {
			v = &variable{name: e.Value}
			r.globals[e.Value] = v
		}
		v.assigns++
	case *ast.AttrGetExpr:
		r.expr(e)
		path := pathOf(e)
		if name, found := strings.CutPrefix(path, "_G."); found {
			r.globals[name] = &variable{name: name, assigns: 2}
		}
		if path != "" {
			r.fields[path] = true
		} else if pathOf(e.Object) == "_G" {
			r.dynamic = true
		}
	default:
		r.expr(e)
	}
}

func (r *resolver) exprs(list []ast.Expr) {
	for _, e := range list {
		r.expr(e)
	}
}

func (r *resolver) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.places[e] = r.tokens.on(e.Line(), e.Value)
		if v := r.lookup(e.Value); v != nil {
			r.uses[e] = v
		}
	case *ast.StringExpr:
		r.places[e] = r.tokens.on(e.Line(), e.Value)
	case *ast.NumberExpr:
		r.places[e] = r.tokens.on(e.Line(), e.Value)
	case *ast.AttrGetExpr:
		r.expr(e.Object)
		r.expr(e.Key)
	case *ast.FuncCallExpr:
		if e.Func != nil {
			r.expr(e.Func)
		} else {
			r.expr(e.Receiver)
			r.places[e] = r.tokens.find(e.Method)
		}
		r.call(e)
		r.exprs(e.Args)
	case *ast.FunctionExpr:
		r.body(e)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if f.Key != nil {
				r.expr(f.Key)
			}
			r.expr(f.Value)
		}
	case *ast.LogicalOpExpr:
		r.guard(e.Lhs)
		r.expr(e.Lhs)
		r.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		if e.Operator == "==" || e.Operator == "~=" {
			r.guard(e.Lhs)
			r.guard(e.Rhs)
		}
		r.expr(e.Lhs)
		r.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		r.expr(e.Lhs)
		r.expr(e.Rhs)
	case *ast.ArithmeticOpExpr:
		r.expr(e.Lhs)
		r.expr(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		r.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		r.guard(e.Expr)
		r.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		r.expr(e.Expr)
	}
}

// call notes functions that set globals out of sight.
func (r *resolver) call(e *ast.FuncCallExpr) {
	switch pathOf(e.Func) {
	case "setfenv", "module", "load", "loadstring", "dofile":
		r.dynamic = true
	case "setmetatable", "rawset":
		if len(e.Args) > 0 && pathOf(e.Args[0]) == "_G" {
			r.dynamic = true
		}
	case "type":
		for _, a := range e.Args {
			r.guard(a)
		}
	case "rawget":
		if len(e.Args) > 1 && pathOf(e.Args[0]) == "_G" {
			if name, ok := e.Args[1].(*ast.StringExpr); ok {
				r.guarded[name.Value] = true
			}
		}
	}
}

// guard notes a name that the file tests: it knows that it may be nil.
func (r *resolver) guard(e ast.Expr) {
	if path := pathOf(e); path != "" {
		r.guarded[path] = true
	}
}

// longestPath bounds what pathOf writes: nothing that is asked for is longer.
const longestPath = 6

// pathOf writes a name and its fields, "string.format"; empty for anything else.
func pathOf(e ast.Expr) string {
	var names []string
	for range longestPath {
		switch at := e.(type) {
		case *ast.IdentExpr:
			names = append(names, at.Value)
			slices.Reverse(names)
			return strings.Join(names, ".")
		case *ast.AttrGetExpr:
			key, ok := at.Key.(*ast.StringExpr)
			if !ok {
				return ""
			}
			names = append(names, key.Value)
			e = at.Object
		default:
			return ""
		}
	}
	return ""
}
