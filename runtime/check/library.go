package check

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/scripts"
)

// require loads one of hiklua's own modules in the rehearsal; nil if there is
// none of that name, or it does not load.
func (r *rehearsal) require(name string) lua.LValue {
	if name == "hik" {
		return r.hik
	}
	if v, ok := r.modules[name]; ok {
		return v
	}
	source, ok := scripts.Module(name)
	if !ok {
		return nil
	}
	var module lua.LValue
	err := r.protect(func() {
		chunk, err := sandbox.Load(r.L, source, "hiklua:"+name)
		if err != nil {
			return
		}
		env := r.L.NewTable()
		r.L.Get(lua.GlobalsIndex).(*lua.LTable).ForEach(env.RawSet)
		env.RawSetString("require", r.L.NewFunction(func(L *lua.LState) int {
			L.Push(r.require(L.CheckString(1)))
			return 1
		}))
		r.L.SetFEnv(chunk, env)
		module = r.invoke(chunk)
	})
	if err != nil {
		return nil
	}
	r.modules[name] = module
	return module
}

// functionsOf are the functions of one of hiklua's modules that hik.library
// describes; "" is the module itself. None: it is not described.
func (r *rehearsal) functionsOf(module string) []string {
	described, _ := r.member(r.require("hik.library"), module).(*lua.LTable)
	if described == nil {
		return nil
	}
	return r.keys(described)
}

// ofLibrary is module.name.
func (w *walker) ofLibrary(module, name string, at position) value {
	known := w.checker.rehearsal.functionsOf(module)
	if slices.Contains(known, name) && name != "" {
		return value{module: module, function: name}
	}
	hint := nearest.Hint(name, known)
	if hint == "" && known[0] != "" {
		hint = "; there is " + strings.Join(known, ", ")
	}
	w.report(at, "%s has no %q%s", module, name, hint)
	return value{}
}

// callLibrary is a call of a function of hiklua's modules: hik.options looks at
// its arguments as it does when the script runs.
func (w *walker) callLibrary(e *ast.FuncCallExpr, f value, args []value, at position) value {
	r := w.checker.rehearsal
	short := strings.TrimPrefix(f.module, "hik.")
	if f.function == "" {
		if known := r.functionsOf(f.module); known[0] != "" {
			w.report(at, "%s is called by its function: %s.%s(...)", f.module, short, known[0])
			return value{}
		}
	} else {
		short += "." + f.function
	}
	options := r.require("hik.options")
	call := []lua.LValue{lua.LString(f.module), lua.LString(f.function)}
	for _, a := range args {
		if a.several {
			return value{}
		}
		call = append(call, r.sketch(a, r.member(options, "unknown")))
	}
	fault := ""
	err := r.protect(func() {
		if text, ok := r.invoke(r.L.GetField(options, "fault"), call...).(lua.LString); ok {
			fault = string(text)
		}
	})
	if err == nil && fault != "" {
		w.report(w.blame(fault, e.Args, args, at), "%s", short+fault)
	}
	return value{}
}

// sketch is a value with unknown in the place of what is not known of it.
func (r *rehearsal) sketch(v value, unknown lua.LValue) lua.LValue {
	switch {
	case v.known != nil:
		return v.known
	case v.table == nil:
		return unknown
	}
	t, _ := r.table(v, func(it item) lua.LValue { return r.sketch(it.value, unknown) })
	return t
}
