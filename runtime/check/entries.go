package check

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/scripts"
)

// Library lists the functions of hiklua's own modules, as luaapi.API does those of hik: the owner is the module, "hik.tour",
// and the name is "" where the module is the function. What the items of a list of tables may have is an entry of its own of
// kind "table": "run.stops".
func Library() []luaapi.Entry {
	source, _ := scripts.Module("hik.library")
	L := sandbox.New(sandbox.Options{})
	defer L.Close()
	chunk, err := sandbox.Load(L, source, "hik.library")
	if err != nil {
		return nil // the tests of the module tell
	}
	L.Push(chunk)
	if L.PCall(0, 1, nil) != nil {
		return nil
	}
	var all []luaapi.Entry
	described, _ := L.Get(-1).(*lua.LTable)
	eachNamed(described, func(module string, functions *lua.LTable) {
		eachNamed(functions, func(name string, f *lua.LTable) {
			e := luaapi.Entry{Owner: module, Name: name, Kind: "function", Options: optionsIn(f, "options"), Doc: scripts.About(module)}
			if result, ok := f.RawGetString("result").(lua.LString); ok {
				e.Result = string(result)
			}
			var args []string
			eachItem(f, "args", func(arg *lua.LTable) {
				switch kind := arg.RawGetInt(2).String(); {
				case kind == "options":
					var names []string
					for _, o := range e.Options {
						names = append(names, o.Name+"=")
					}
					args = append(args, "{"+strings.Join(names, ", ")+"}")
				default:
					args = append(args, arg.RawGetInt(1).String())
				}
				if list := optionsIn(f, arg.RawGetInt(1).String()); list != nil && arg.RawGetInt(2).String() != "options" {
					all = append(all, luaapi.Entry{Owner: module, Name: name + "." + arg.RawGetInt(1).String(), Kind: "table", Options: list})
				}
			})
			e.Args = strings.Join(args, ", ")
			all = append(all, e)
		})
	})
	return all
}

// optionsIn are the options that are listed under a name.
func optionsIn(f *lua.LTable, name string) []luaapi.Option {
	var list []luaapi.Option
	eachItem(f, name, func(o *lua.LTable) {
		option := luaapi.Option{Name: o.RawGetString("name").String(), Type: o.RawGetString("kind").String(), Doc: o.RawGetString("doc").String()}
		if v := o.RawGetString("default"); v != lua.LNil {
			option.Doc += " (" + v.String() + ")"
		}
		list = append(list, option)
	})
	return list
}

func eachItem(t *lua.LTable, name string, do func(*lua.LTable)) {
	list, ok := t.RawGetString(name).(*lua.LTable)
	if !ok {
		return
	}
	for i := range list.Len() {
		if item, ok := list.RawGetInt(i + 1).(*lua.LTable); ok {
			do(item)
		}
	}
}

func eachNamed(t *lua.LTable, do func(string, *lua.LTable)) {
	if t == nil {
		return
	}
	t.ForEach(func(key, v lua.LValue) {
		if inner, ok := v.(*lua.LTable); ok {
			do(key.String(), inner)
		}
	})
}
