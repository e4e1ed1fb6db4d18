package check

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// variable is a local variable, or a global one of the file.
type variable struct {
	name    string
	at      position
	assigns int // how often it is given a value
	reads   int // how often it is asked for one
	value   value

	fieldSets map[string]int          // how often each of its fields is assigned
	fields    map[string]value        // of those that are assigned once, as far as the second walk has come
	harmless  map[*ast.IdentExpr]bool // reads that leave the table in it as it is
}

// source is a file and what the first walk found in it.
type source struct {
	file  string // "scripts/tour.lua"
	chunk []ast.Stmt

	places   map[any]position // of names, constants and, for calls with a colon, the method
	uses     map[*ast.IdentExpr]*variable
	declared map[ast.Stmt][]*variable // by local statements and loops
	names    map[string]bool          // of all local variables

	touched map[string][]touch   // where each global is read and assigned
	ends    []int                // of each block, numbered as they begin: the number of the first that begins behind it
	defined map[string]bool      // globals that a function statement sets
	reflect bool                 // it may read globals in ways that can't be followed
	globals map[string]*variable // that the file assigns
	fields  map[string]bool      // "string.trim": that it adds to a library
	guarded map[string]bool      // "table.unpack": that it asks for before using
	dynamic bool                 // it sets globals in ways that can't be followed

	madePresets presetNames
}

// resolver makes the first walk.
type resolver struct {
	*source
	tokens *tokens
	scopes []map[string]*variable
	around int         // number of the block around
	depth  int         // functions around
	within []*variable // local functions around
}

func resolve(file string, text []byte, chunk []ast.Stmt) *source {
	r := &resolver{
		source: &source{
			file: file, chunk: chunk,
			places: make(map[any]position), uses: make(map[*ast.IdentExpr]*variable),
			declared: make(map[ast.Stmt][]*variable), names: make(map[string]bool),
			touched: make(map[string][]touch), defined: make(map[string]bool),
			globals: make(map[string]*variable), fields: make(map[string]bool), guarded: make(map[string]bool),
		},
		tokens: scan(text, file),
	}
	r.block(chunk, nil)
	return r.source
}

// block reads a block with the variables of its head. What stands behind it, until, sees its locals.
func (r *resolver) block(list []ast.Stmt, until ast.Expr, declared ...*variable) {
	outer := r.around
	r.around = len(r.ends)
	r.ends = append(r.ends, 0)
	r.scopes = append(r.scopes, make(map[string]*variable))
	r.declare(declared...)
	for _, s := range list {
		r.stmt(s)
	}
	if until != nil {
		r.expr(until)
	}
	r.scopes = r.scopes[:len(r.scopes)-1]
	r.ends[r.around] = len(r.ends)
	r.around = outer
}

// local is a new local variable, which is not in scope yet.
func (r *resolver) local(name string, assigns int) *variable {
	r.names[name] = true
	return &variable{name: name, assigns: assigns, at: r.tokens.find(name)}
}

func (r *resolver) locals(names []string, assigns int) (list []*variable) {
	for _, name := range names {
		list = append(list, r.local(name, assigns))
	}
	return list
}

func (r *resolver) declare(list ...*variable) {
	for _, v := range list {
		r.scopes[len(r.scopes)-1][v.name] = v
	}
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
		var touches []touch
		for _, e := range s.Lhs {
			touches = append(touches, r.assigned(e)...)
		}
		r.exprs(s.Rhs)
		r.touch(touches...) // the values are worked out first
	case *ast.LocalAssignStmt:
		r.localStmt(s)
	case *ast.FuncCallStmt:
		r.expr(s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts, nil)
	case *ast.WhileStmt:
		r.guard(s.Condition)
		r.expr(s.Condition)
		r.block(s.Stmts, nil)
	case *ast.RepeatStmt:
		r.block(s.Stmts, s.Condition)
	case *ast.IfStmt:
		r.guard(s.Condition)
		r.expr(s.Condition)
		r.block(s.Then, nil)
		r.block(s.Else, nil)
	case *ast.NumberForStmt:
		v := r.local(s.Name, 2)
		r.exprs([]ast.Expr{s.Init, s.Limit, s.Step})
		r.block(s.Stmts, nil, v)
	case *ast.GenericForStmt:
		r.declared[s] = r.locals(s.Names, 1)
		r.exprs(s.Exprs)
		r.block(s.Stmts, nil, r.declared[s]...)
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

// localStmt declares after its values are known, except for a function, which may
// call itself.
func (r *resolver) localStmt(s *ast.LocalAssignStmt) {
	list := r.locals(s.Names, 1)
	r.declared[s] = list
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			r.declare(list...)
			r.within = append(r.within, list[0])
			defer func() { r.within = r.within[:len(r.within)-1] }()
		}
	}
	r.exprs(s.Exprs)
	r.declare(list...)
}

func (r *resolver) function(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		touches := r.assigned(s.Name.Func)
		for _, t := range touches {
			r.defined[t.name] = true
		}
		r.touch(touches...)
		r.body(s.Func)
		return
	}
	r.expr(s.Name.Receiver)
	r.tokens.find(s.Name.Method)
	r.fieldSet(s.Name.Receiver, s.Name.Method)
	if path := pathOf(s.Name.Receiver); path != "" {
		r.fields[path+"."+s.Name.Method] = true
	}
	// The receiver is there under the name self.
	r.body(s.Func, &variable{name: "self", assigns: 2})
}

func (r *resolver) body(f *ast.FunctionExpr, own ...*variable) {
	own = append(own, r.locals(f.ParList.Names, 2)...)
	if f.ParList.HasVargs {
		own = append(own, &variable{name: "arg", assigns: 2})
	}
	r.depth++
	r.block(f.Stmts, nil, own...)
	r.depth--
}

// assigned is an expression that gets a value. If that is a global, the result says so.
func (r *resolver) assigned(e ast.Expr) (touches []touch) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.places[e] = r.tokens.on(e.Line(), e.Value)
		if v := r.lookup(e.Value); v != nil {
			r.uses[e] = v
			v.assigns++
			return nil
		}
		touches = []touch{{name: e.Value, at: r.places[e], write: true, near: r.nearLocal(e.Value)}}
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
		if key, ok := e.Key.(*ast.StringExpr); ok {
			r.fieldSet(e.Object, key.Value)
		}
	default:
		r.expr(e)
	}
	return touches
}

// fieldSet notes an assignment to a field of a local variable.
func (r *resolver) fieldSet(object ast.Expr, key string) {
	ident, _ := object.(*ast.IdentExpr)
	v := r.uses[ident]
	if v == nil {
		return
	}
	if v.fieldSets == nil {
		v.fieldSets = make(map[string]int)
	}
	v.fieldSets[key]++
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
			if !slices.Contains(r.within, v) {
				v.reads++
			}
			return
		}
		r.touch(touch{name: e.Value, at: r.places[e]})
		r.reflect = r.reflect || slices.Contains(reflecting, e.Value)
	case *ast.AttrGetExpr:
		if name, found := strings.CutPrefix(pathOf(e), "_G."); found {
			r.touch(touch{name: name})
		}
	case *ast.StringExpr:
		r.places[e] = r.tokens.on(e.Line(), e.Value)
		r.madePresets.inPath(e.Value)
	case *ast.NumberExpr:
		r.places[e] = r.tokens.on(e.Line(), e.Value)
	case *ast.FuncCallExpr:
		if e.Func != nil {
			r.expr(e.Func)
		} else {
			r.expr(e.Receiver)
			r.places[e] = r.tokens.find(e.Method)
		}
		r.call(e)
		r.exprs(e.Args)
		return
	case *ast.FunctionExpr:
		r.body(e)
	case *ast.LogicalOpExpr:
		r.guard(e.Lhs)
	case *ast.RelationalOpExpr:
		if e.Operator == "==" || e.Operator == "~=" {
			r.guard(e.Lhs)
			r.guard(e.Rhs)
		}
	case *ast.UnaryNotOpExpr:
		r.guard(e.Expr)
	}
	for _, part := range sandbox.Parts(e) {
		r.expr(*part)
	}
}

// call notes functions that set globals out of sight.
func (r *resolver) call(e *ast.FuncCallExpr) {
	r.madePresets.call(e)
	switch pathOf(e.Func) {
	case "module":
		r.dynamic = true
		r.moduleGlobal(e)
	case "setfenv", "load", "loadstring", "dofile":
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

// moduleGlobal notes the global table that module("a.b") and, in lib/a/b.lua, module(...) make.
func (r *resolver) moduleGlobal(e *ast.FuncCallExpr) {
	if len(e.Args) == 0 {
		return
	}
	name := moduleOf(r.file)
	if text, ok := e.Args[0].(*ast.StringExpr); ok {
		name = text.Value
	}
	name, _, _ = strings.Cut(name, ".")
	r.globals[name] = &variable{name: name, assigns: 2}
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
