package check

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// environment is what Lua itself offers to scripts, read from a state that is
// made as theirs are.
type environment struct {
	globals   []string            // sorted
	libraries map[string][]string // the names of string, table and so on
}

// fromHost are the globals that the host adds to a state itself.
var fromHost = []string{"require", "package", "module"}

func newEnvironment(L *lua.LState) *environment {
	env := &environment{globals: slices.Clone(fromHost), libraries: make(map[string][]string)}
	L.Get(lua.GlobalsIndex).(*lua.LTable).ForEach(func(key, v lua.LValue) {
		name := key.String()
		env.globals = append(env.globals, name)
		t, ok := v.(*lua.LTable)
		if !ok || name == "_G" || name == "hik" {
			return
		}
		t.ForEach(func(key, _ lua.LValue) { env.libraries[name] = append(env.libraries[name], key.String()) })
		slices.Sort(env.libraries[name])
	})
	slices.Sort(env.globals)
	return env
}

func (env *environment) has(name string) bool {
	_, found := slices.BinarySearch(env.globals, name)
	return found
}

// lacks reports whether path, "string.trim", is missing from a library whose
// names are known.
func (env *environment) lacks(path string) (library, name string, missing bool) {
	library, name, ok := strings.Cut(path, ".")
	known, isLibrary := env.libraries[library]
	if !ok || !isLibrary || strings.Contains(name, ".") {
		return "", "", false
	}
	_, found := slices.BinarySearch(known, name)
	return library, name, !found
}

// undefined is a global that no script sets.
func (w *walker) undefined(e *ast.IdentExpr) {
	if w.dynamic || w.guarded[e.Value] || w.checker.shared[e.Value] || w.library && w.checker.globals[e.Value] {
		return
	}
	at := w.places[e]
	if w.names[e.Value] {
		w.doubt(at, "undefined global %q: the local of that name can't be seen from here", e.Value)
		return
	}
	known := slices.Clone(w.checker.environment.globals)
	for name := range w.names {
		known = append(known, name)
	}
	slices.Sort(known)
	hint := nearest.Hint(e.Value, known)
	switch instead := sandbox.InsteadOf(e.Value); {
	case instead != "":
		hint = ": " + instead
	case api()["hik"][e.Value] != nil:
		hint = fmt.Sprintf(" (did you mean %q?)", "hik."+e.Value)
	case e.Value == "arg":
		hint = ` (it is there under "hiklua exec" only)`
	case w.library && hint == "":
		return // written for other hosts too, perhaps
	}
	w.doubt(at, "undefined global %q%s", e.Value, hint)
}

// callGlobal is a call of one of Lua's own functions.
func (w *walker) callGlobal(c invocation) value {
	path, args := c.f.global, c.args
	if library, name, missing := w.checker.environment.lacks(path); missing {
		w.missing(library, name, c.at)
		return value{}
	}
	v := w.builtin(path, c)
	switch path {
	case "string.dump":
		if !w.library {
			w.doubt(c.at, "string.dump does not work here: only source text is loaded")
		}
	case "require":
		if len(args) == 1 {
			return w.require(c)
		}
	case "pcall", "xpcall":
		if len(args) > 0 && args[0].known == lua.LNil && len(c.exprs) > 0 {
			w.report(w.endOf(c.exprs[0]), "%s calls a function, and what is called here gives none: write %[1]s(object.name, object, ...) or %[1]s(function() ... end)", path)
			return v
		}
		if path == "pcall" && len(args) > 0 && args[0].global != "require" { // else the script can do without the module
			w.passedOn(c, 0, 1)
		}
	case "ipairs":
		if len(args) == 1 {
			v.each = args[0].listOf
			if args[0].table != nil {
				v.each = ownerOf(args[0].items)
			}
			v.inside = args[0].inside
		}
	case "pairs":
		if len(args) == 1 {
			v.inside = args[0].inside
			for _, t := range args[0].inside {
				v.keys = append(v.keys, t.key)
			}
		}
	case "assert":
		if len(args) > 0 {
			return single(args[0])
		}
	}
	return v
}

// ownerOf is whose names all items of a list have; "": not known.
func ownerOf(items []item) string {
	owner := ""
	for i, it := range items {
		if it.key != nil || i > 0 && it.value.owner != owner {
			return ""
		}
		owner = it.value.owner
	}
	return owner
}

// missing is a function that other hosts of Lua have.
func (w *walker) missing(library, name string, at position) {
	path := library + "." + name
	if w.dynamic || w.guarded[path] || w.checker.fields[path] {
		return
	}
	hint := nearest.Hint(name, w.checker.environment.libraries[library])
	if w.library && hint == "" {
		return
	}
	if instead := sandbox.InsteadOf(path); instead != "" {
		hint = ": " + instead
	}
	if hint == "" {
		hint = "; there are " + shortList(w.checker.environment.libraries[library])
	}
	w.doubt(at, "there is no %s%s", path, hint)
}

func shortList(words []string) string {
	if len(words) > 12 {
		words = append(words[:12:12], "...")
	}
	return strings.Join(words, ", ")
}
