package check

import (
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// frame is a function around what is looked at, or the main chunk.
type frame struct {
	immediate bool // it is called where it stands
	caught    bool // and by pcall
	maybe     int  // what may keep a line from being reached: conditions around, and returns before
	endless   int  // loops around that never end

	// wants is the first thing that a call of it asks for and that a script which is loading can't have; "": nothing.
	wants string
	at    position
}

// loads reports whether the place runs when the script is loaded.
func (w *walker) loads() bool {
	for _, f := range w.frames {
		if !f.immediate {
			return false
		}
	}
	return !w.library && !w.test
}

func (w *walker) frame() *frame { return w.frames[len(w.frames)-1] }

// demanding reports whether demand would note something.
func (w *walker) demanding() bool {
	return w.frame().maybe == 0 && w.frame().wants == ""
}

// demand notes that the function around asks for what a script that is loading can't have.
func (w *walker) demand(what string, at position) {
	if w.demanding() {
		w.frame().wants, w.frame().at = what, at
	}
}

// callBody is a call of a function of the file.
func (w *walker) callBody(f value, name string, at position) {
	switch {
	case f.body.wants == "" || f.body.immediate:
		return
	case !w.loads():
		w.demand(f.body.wants, f.body.at)
		return
	case name == "":
		name = "the function"
	}
	w.report(at, "%s calls %s at line %d, and "+luaapi.Loading+" can't: call it in a job, or in hik.spawn(function() ... end)", name, f.body.wants, f.body.at.line)
}

// sleeps looks at hik.sleep in a script that is loading: nothing of it is live meanwhile, and it has limits.load to end.
func (w *walker) sleeps(c invocation) {
	if c.f.entry.Owner != "hik" || c.f.entry.Name != "sleep" || !w.loads() || len(c.args) == 0 {
		return
	}
	limit := w.checker.rehearsal.host.limits().Load
	text := clock.FormatDuration(limit)
	if w.frame().endless > 0 {
		w.report(c.at, "sleep: a script has %s to load (limits.load), and this loop never ends: write hik.every(...), or the loop in hik.spawn(function() ... end)", text)
		return
	}
	if d, ok := durationOf(c.args[0].known); ok && d >= limit {
		w.report(c.at, "sleep: a script has %s to load (limits.load): do it in a job, or in hik.spawn(function() ... end)", text)
		return
	}
	w.warn(c.at, "sleep: the jobs of this script begin only once it has loaded: do it in a job, or in hik.spawn(function() ... end)")
}

// limits are those of site.yaml.
func (h *host) limits() site.Limits {
	if h.site == nil {
		return site.DefaultLimits()
	}
	return h.site.Limits
}

// leaves reports whether a block may leave the function around, or the loop if that is asked.
func leaves(list []ast.Stmt, loop bool) bool {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ReturnStmt, *ast.GotoStmt:
			return true
		case *ast.BreakStmt:
			if loop {
				return true
			}
		case *ast.IfStmt:
			if leaves(s.Then, loop) || leaves(s.Else, loop) {
				return true
			}
		case *ast.DoBlockStmt:
			if leaves(s.Stmts, loop) {
				return true
			}
		case *ast.WhileStmt:
			if leaves(s.Stmts, false) {
				return true
			}
		case *ast.RepeatStmt:
			if leaves(s.Stmts, false) {
				return true
			}
		case *ast.NumberForStmt:
			if leaves(s.Stmts, false) {
				return true
			}
		case *ast.GenericForStmt:
			if leaves(s.Stmts, false) {
				return true
			}
		}
	}
	return false
}

func durationOf(v lua.LValue) (time.Duration, bool) {
	if v == nil || !lua.LVCanConvToString(v) {
		return 0, false
	}
	d, err := clock.ParseDuration(lua.LVAsString(v))
	return d, err == nil
}
