package check

import (
	"cmp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
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

// functionsOf are the functions of one of hiklua's modules: those that hik.library describes, else what the module has; "" is
// the module itself.
func (r *rehearsal) functionsOf(module string) []string {
	if described, ok := r.member(r.require("hik.library"), module).(*lua.LTable); ok {
		return r.keys(described)
	}
	var names []string
	m := r.require(module)
	if t, ok := m.(*lua.LTable); ok {
		names = r.keys(t)
	}
	if m != nil && (m.Type() == lua.LTFunction || r.L.GetMetaField(m, "__call") != lua.LNil) {
		names = append([]string{""}, names...)
	}
	return names
}

// described reports whether hik.library says what the functions of a module take.
func (r *rehearsal) described(module string) bool {
	return r.member(r.require("hik.library"), module) != nil
}

// ofLibrary is module.name.
func (w *walker) ofLibrary(module, name string, at position) value {
	known := w.checker.rehearsal.functionsOf(module)
	if len(known) == 0 || name == "" {
		return value{}
	}
	if slices.Contains(known, name) {
		return value{module: module, function: name}
	}
	hint := nearest.Hint(name, known)
	if names := strings.Join(slices.DeleteFunc(known, func(s string) bool { return s == "" }), ", "); hint == "" && names != "" {
		hint = "; there is " + names
	}
	w.report(at, "%s has no %q%s", module, name, hint)
	return value{}
}

// callLibrary is a call of a function of hiklua's modules: hik.options looks at
// its arguments as it does when the script runs.
func (w *walker) callLibrary(c invocation) value {
	r, f := w.checker.rehearsal, c.f
	short := strings.TrimPrefix(f.module, "hik.")
	if f.function == "" {
		if known := r.functionsOf(f.module); len(known) > 0 && known[0] != "" {
			w.report(c.at, "%s is called by its function: %s.%s(...)", f.module, short, known[0])
			return value{}
		}
	} else {
		short += "." + f.function
	}
	for _, a := range c.args {
		if a.several {
			return value{}
		}
	}
	if !r.described(f.module) {
		return w.callHelper(c, short)
	}
	options := r.require("hik.options")
	call := []lua.LValue{lua.LString(f.module), lua.LString(f.function)}
	for _, a := range c.args {
		call = append(call, r.sketch(a, r.member(options, "unknown")))
	}
	fault := ""
	err := r.protect(func() {
		if text, ok := r.invoke(r.L.GetField(options, "fault"), call...).(lua.LString); ok {
			fault = string(text)
		}
	})
	switch {
	case err != nil:
	case fault != "":
		w.report(w.blame(fault, c), "%s", short+fault)
	default:
		w.libraryRun(c, short)
		w.libraryPresets(c, short)
	}
	return value{}
}

// libraryRun calls a function of hiklua's modules as a script that is loading would: it comes as far as its first command.
func (w *walker) libraryRun(c invocation, short string) {
	r := w.checker.rehearsal
	args, ok := r.whole(c.args)
	if !ok {
		return
	}
	switch said := r.invokeModule(c.f, args, true); {
	case said.misuse == "":
	case !strings.Contains(said.misuse, luaapi.Loading):
		w.report(w.blame(said.misuse, c), "%s: %s", short, said.misuse)
	case w.loads():
		w.report(c.at, "%s: %s", short, said.misuse)
	default:
		w.demand(short, c.at)
	}
}

// callHelper is a call of a module that hik.library does not describe: it is made if all of its arguments are known.
func (w *walker) callHelper(c invocation, short string) value {
	r := w.checker.rehearsal
	args, ok := r.whole(c.args)
	if !ok {
		return value{}
	}
	said := r.invokeModule(c.f, args, false)
	if fault := cmp.Or(said.misuse, said.failed); fault != "" {
		if text := placed.ReplaceAllString(fault, ""); text != fault { // Lua's own, in the module
			fault = "an argument is missing or wrong: " + text
		}
		w.report(w.blame(fault, c), "%s: %s", short, strings.TrimPrefix(fault, short+": "))
	}
	if said.pure {
		return value{pure: short}
	}
	return value{}
}

// invokeModule calls a function of hiklua's modules.
func (r *rehearsal) invokeModule(f value, args []lua.LValue, loading bool) said {
	return r.hear(loading, func() lua.LValue {
		fn := r.require(f.module)
		if f.function != "" {
			fn = r.L.GetField(fn, f.function)
		}
		return r.invoke(fn, args...)
	})
}

// whole are arguments all of which are known.
func (r *rehearsal) whole(args []value) ([]lua.LValue, bool) {
	list := make([]lua.LValue, len(args))
	for i, a := range args {
		list[i] = r.stand(a)
		if list[i] == nil && a.table != nil {
			if t, whole := r.plainTable(a); whole {
				list[i] = t
			}
		}
		if list[i] == nil {
			return nil, false
		}
	}
	return list, true
}

// stand is what a value is in the rehearsal; nil: it is not known.
func (r *rehearsal) stand(v value) lua.LValue {
	switch {
	case v.known != nil:
		return v.known
	case v.entry != nil, v.body != nil:
		return r.nothing
	case v.module != "" && v.function == "":
		return r.require(v.module)
	case v.module != "":
		return r.member(r.require(v.module), v.function)
	case v.global != "":
		library, name, inLibrary := strings.Cut(v.global, ".")
		g := r.L.GetGlobal(library)
		if inLibrary {
			return r.member(g, name)
		}
		if g != lua.LNil {
			return g
		}
	}
	return nil
}

// sketch is a value with unknown in the place of what is not known of it.
func (r *rehearsal) sketch(v value, unknown lua.LValue) lua.LValue {
	if known := r.stand(v); known != nil {
		return known
	}
	if v.table == nil {
		return unknown
	}
	t, _ := r.table(v, func(it item) lua.LValue { return r.sketch(it.value, unknown) })
	return t
}
