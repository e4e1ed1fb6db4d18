package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// openIO gives io.write, io.stdout and io.stderr, which only take text, and io.type.
func (s *state) openIO(L *lua.LState) {
	methods := L.CreateTable(0, 16)
	setFuncs(L, methods, map[string]lua.LGFunction{
		"write": func(L *lua.LState) int {
			ud, _ := L.Get(1).(*lua.LUserData)
			if ud == nil {
				typeError(L, 1, "FILE*")
			}
			out, ok := ud.Value.(*output)
			if !ok {
				typeError(L, 1, "FILE*")
			}
			out.write(L, 2)
			return one(L, ud)
		},
		"flush":   func(L *lua.LState) int { L.Push(lua.LTrue); return 1 },
		"setvbuf": func(L *lua.LState) int { L.Push(lua.LTrue); return 1 },
	})
	meta := L.CreateTable(0, 16)
	meta.RawSetString("__index", methods)
	meta.RawSetString("__metatable", lua.LFalse)
	meta.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		return one(L, lua.LString("file ("+L.CheckUserData(1).Value.(*output).name+")"))
	}))
	file := func(name string, put func(*lua.LState, string) error) *lua.LUserData {
		ud := L.NewUserData()
		ud.Value, ud.Metatable = &output{name, put}, meta
		return ud
	}
	mod := L.CreateTable(0, 16)
	stdout := file("stdout", s.Stdout)
	mod.RawSetString("stdout", stdout)
	mod.RawSetString("stderr", file("stderr", s.Stderr))
	mod.RawSetString("write", L.NewFunction(func(L *lua.LState) int {
		stdout.Value.(*output).write(L, 1)
		return one(L, stdout)
	}))
	mod.RawSetString("type", L.NewFunction(ioType))
	L.SetGlobal("io", mod)
}

type output struct {
	name string
	put  func(L *lua.LState, text string) error
}

func ioType(L *lua.LState) int {
	if ud, ok := checkAny(L, 1).(*lua.LUserData); ok {
		if _, ok := ud.Value.(*output); ok {
			return one(L, lua.LString("file"))
		}
	}
	return one(L, lua.LNil)
}

// write writes the arguments from the given one on, strings and numbers only.
func (o *output) write(L *lua.LState, from int) {
	for i := from; i <= L.GetTop(); i++ {
		if err := o.put(L, checkText(L, i)); err != nil {
			L.RaiseError("cannot write to %s: %s", o.name, err.Error())
		}
	}
}
