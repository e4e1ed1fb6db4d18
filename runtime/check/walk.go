package check

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// walker makes the second walk through one file.
type walker struct {
	*source
	checker  *checker
	frames   []*frame // the main chunk and the functions around
	catching bool     // what is called at once next is called by pcall
	library  bool     // it is a module of lib/, which others may have written
	test     bool     // it is of tests/, and run, not loaded
	findings []Finding
	deferred []deferred
	mentions mentions
	noted    map[noted]bool
}

// look is the whole walk.
func (w *walker) look() []Finding {
	w.frames = []*frame{{immediate: true}}
	w.block(w.chunk)
	w.settle()
	w.accidental()
	return w.findings
}

func (w *walker) report(at position, format string, args ...any) {
	w.findings = append(w.findings, Finding{Problem: site.Problem{File: w.file, Line: at.line, Col: at.col, Message: fmt.Sprintf(format, args...)}})
}

func (w *walker) warn(at position, format string, args ...any) {
	w.report(at, format, args...)
	w.findings[len(w.findings)-1].Warning = true
}

// doubt is an error in a script. A module may come from elsewhere and never be
// used that way: there it is a warning.
func (w *walker) doubt(at position, format string, args ...any) {
	w.report(at, format, args...)
	w.findings[len(w.findings)-1].Warning = w.library
}

func (w *walker) block(list []ast.Stmt) {
	for i, s := range list {
		w.stmt(s)
		if leaves(list[i:i+1], true) {
			w.frame().maybe++ // what follows may not be reached
		}
	}
}

// while is a loop, endless if nothing in it leaves it.
func (w *walker) while(s *ast.WhileStmt) {
	w.expr(s.Condition)
	_, always := s.Condition.(*ast.TrueExpr)
	if always && !leaves(s.Stmts, true) {
		w.frame().endless++
		w.block(s.Stmts)
		w.frame().endless--
		return
	}
	w.frame().maybe++
	w.block(s.Stmts)
	w.frame().maybe--
}

// discard is a call that stands as a statement.
func (w *walker) discard(e *ast.FuncCallExpr) {
	before := len(w.findings)
	v := w.expr(e)
	if len(w.findings) > before || v.pure == "" || w.library || w.frame().caught {
		return
	}
	at := w.places[e]
	if e.Func != nil {
		at = w.endOf(e.Func)
	}
	w.warn(at, "%s(...) does nothing but give a value, and nothing uses it here", v.pure)
}

func (w *walker) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		w.assign(s)
	case *ast.LocalAssignStmt:
		w.local(s)
	case *ast.FuncCallStmt:
		w.discard(s.Expr.(*ast.FuncCallExpr))
	case *ast.DoBlockStmt:
		w.block(s.Stmts)
	case *ast.WhileStmt:
		w.while(s)
	case *ast.RepeatStmt:
		w.block(s.Stmts)
		w.expr(s.Condition)
	case *ast.IfStmt:
		w.expr(s.Condition)
		w.frame().maybe++
		w.block(s.Then)
		w.block(s.Else)
		w.frame().maybe--
	case *ast.NumberForStmt:
		w.numbers(s)
		w.block(s.Stmts)
	case *ast.GenericForStmt:
		values := w.exprs(s.Exprs)
		if list := w.declared[s]; len(values) > 0 {
			if len(list) > 1 && list[1].assigns == 1 {
				list[1].value = among(values[0].inside, "")
				list[1].value.owner = values[0].each
			}
			if list[0].assigns == 1 {
				list[0].value.texts = values[0].keys
			}
		}
		if len(values) == 1 {
			w.iterator(s.Exprs[0], values[0])
		}
		w.block(s.Stmts)
	case *ast.FuncDefStmt:
		w.funcDef(s)
	case *ast.ReturnStmt:
		w.exprs(s.Exprs)
	}
}

func (w *walker) assign(s *ast.AssignStmt) {
	values := w.exprs(s.Rhs)
	for i, target := range s.Lhs {
		w.target(target)
		if attr, ok := target.(*ast.AttrGetExpr); ok && i < len(values) {
			if key, named := attr.Key.(*ast.StringExpr); named {
				w.setField(attr.Object, key.Value, values[i])
			}
		}
		ident, ok := target.(*ast.IdentExpr)
		if !ok || w.uses[ident] != nil {
			continue
		}
		// A global that is set once in the file is as good as a local.
		if v := w.globals[ident.Value]; v.assigns == 1 && i < len(values) {
			v.value = kept(values[i])
		}
	}
}

// target is an expression that is assigned to.
func (w *walker) target(e ast.Expr) {
	attr, ok := e.(*ast.AttrGetExpr)
	if !ok {
		return
	}
	object := w.expr(attr.Object)
	key, named := attr.Key.(*ast.StringExpr)
	if !named {
		w.expr(attr.Key)
		return
	}
	at := w.places[attr.Key]
	switch {
	case isLibrary(object.owner):
		w.report(at, "%s.%s can't be assigned: use a local or global variable", object.owner, key.Value)
	case object.owner != "":
		w.report(at, "a %s can't be changed: %q is not to be assigned", object.owner, key.Value)
	case object.fixed:
		w.report(at, "%s can't be assigned: it comes from site.yaml", pathOf(e))
	}
}

// setField keeps the value of a field of a local variable, if it is assigned once.
func (w *walker) setField(object ast.Expr, key string, v value) {
	ident, _ := object.(*ast.IdentExpr)
	of := w.uses[ident]
	if of == nil || of.assigns != 1 || of.fieldSets[key] != 1 {
		return
	}
	if of.fields == nil {
		of.fields = make(map[string]value)
	}
	of.fields[key] = kept(v)
}

func (w *walker) local(s *ast.LocalAssignStmt) {
	before := len(w.findings)
	values := w.exprs(s.Exprs)
	for i, v := range w.declared[s] {
		if v.assigns == 1 && i < len(values) {
			v.value = kept(values[i])
			if values[i].table != nil {
				v.value.content = &content{of: v, value: values[i]}
			}
		}
	}
	if len(w.findings) == before || isFunction(s.Exprs[0]) {
		w.unused(s, values)
	}
}

// funcDef is function NAME(...) ... end.
func (w *walker) funcDef(s *ast.FuncDefStmt) {
	if s.Name.Func == nil {
		w.expr(s.Name.Receiver)
		w.setField(s.Name.Receiver, s.Name.Method, value{body: w.function(s.Func, false)})
		return
	}
	w.target(s.Name.Func)
	v := value{known: w.checker.rehearsal.nothing, body: w.function(s.Func, false)}
	switch name := s.Name.Func.(type) {
	case *ast.IdentExpr:
		if g := w.globals[name.Value]; w.uses[name] == nil && g.assigns == 1 {
			g.value = v
		}
	case *ast.AttrGetExpr:
		if key, ok := name.Key.(*ast.StringExpr); ok {
			w.setField(name.Object, key.Value, v)
		}
	}
}

// function looks at the body of one. atOnce: it is called where it stands.
func (w *walker) function(f *ast.FunctionExpr, atOnce bool) *frame {
	body := &frame{immediate: atOnce, caught: w.catching}
	w.catching = false
	w.frames = append(w.frames, body)
	w.block(f.Stmts)
	w.frames = w.frames[:len(w.frames)-1]
	if atOnce && body.wants != "" {
		w.demand(body.wants, body.at)
	}
	return body
}

func (w *walker) exprs(list []ast.Expr) []value {
	values := make([]value, len(list))
	for i, e := range list {
		values[i] = w.expr(e)
		if i < len(list)-1 {
			values[i] = single(values[i])
		}
	}
	return values
}

// numbers are those of for i = first, last, step.
func (w *walker) numbers(s *ast.NumberForStmt) {
	for _, e := range []ast.Expr{s.Init, s.Limit, s.Step} {
		if e == nil {
			continue
		}
		v := w.expr(e)
		n, number := sandbox.ToNumber(v.known)
		switch {
		case v.known != nil && !number, v.table != nil:
			w.doubt(w.endOf(e), "for counts with numbers only")
		case e == s.Step && number && n == 0:
			w.doubt(w.endOf(e), "for never ends with a step of 0")
		}
	}
}

// iterator is what stands after `in`, which has to be a function. A table that a variable holds may have been given a
// metatable with __call since.
func (w *walker) iterator(e ast.Expr, v value) {
	at := w.endOf(e)
	switch {
	case v.table != nil:
		w.doubt(at, "a table can't stand after 'in': write pairs(...) or ipairs(...) around it")
	case v.madeHere:
		w.warn(at, "a table can't stand after 'in': write pairs(...) or ipairs(...) around it")
	case v.given:
		w.doubt(at, "a table can't stand after 'in': write pairs(...) or ipairs(...) around it")
	case v.owner != "":
		w.doubt(at, "a %s can't stand after 'in', where a function such as ipairs(...) is due", v.owner)
	case v.known == lua.LNil:
		w.doubt(at, "what is called here gives nothing, and after 'in' a function such as ipairs(...) is due")
	case v.known != nil && v.known.Type() == lua.LTNumber:
		w.doubt(at, "a number can't stand after 'in': write for i = 1, n do")
	}
}

// kept is what a variable keeps of a value. A table may be changed later.
func kept(v value) value {
	if v.table != nil {
		return value{madeHere: true, inside: v.inside}
	}
	v.content, v.pure = nil, ""
	return single(v)
}

// single is the first of several values.
func single(v value) value {
	v.several = false
	return v
}
