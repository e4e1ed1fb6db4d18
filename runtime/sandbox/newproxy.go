package sandbox

import lua "github.com/yuin/gopher-lua"

// blank is the value of the userdata that scripts make: those of the host have others.
type blank struct{}

// madeByScript says whether v is from newproxy: its metatable is the script's own.
func madeByScript(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	if ok {
		_, ok = ud.Value.(blank)
	}
	return ok
}

// baseNewProxy is newproxy: an empty userdata, with a new metatable if the argument is true, with that of another proxy if it
// is one.
func baseNewProxy(L *lua.LState) int {
	ud := L.NewUserData()
	ud.Value, ud.Metatable = blank{}, lua.LNil
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
	case lua.LBool:
		if v {
			ud.Metatable = L.CreateTable(0, 4)
		}
	default:
		if !madeByScript(v) || v.(*lua.LUserData).Metatable == lua.LNil {
			argError(L, 1, "boolean or proxy expected")
		}
		ud.Metatable = v.(*lua.LUserData).Metatable
	}
	return one(L, ud)
}
