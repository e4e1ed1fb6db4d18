package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (s *state) openBase(L *lua.LState) {
	upstream(L, lua.OpenBase)
	globals := L.Get(lua.GlobalsIndex).(*lua.LTable)
	old := globals
	globals = L.CreateTable(0, 40)
	L.G.Global, L.Env = globals, globals
	globals.RawSetString("_VERSION", lua.LString("Lua 5.1"))
	globals.RawSetString("_G", globals)
	setFuncs(L, globals, map[string]lua.LGFunction{
		"assert": baseAssert, "error": baseError, "pcall": basePCall, "xpcall": baseXPCall,
		"getmetatable": s.baseGetMetatable, "setmetatable": baseSetMetatable,
		"tostring": baseToString, "tonumber": baseToNumber, "print": s.basePrint, "unpack": asTable(baseUnpack), "next": baseNext,
		"type": baseType, "rawequal": baseRawEqual, "rawget": baseRawGet, "rawset": baseRawSet, "select": baseSelect,
		"getfenv": baseGetFEnv, "setfenv": baseSetFEnv, "newproxy": baseNewProxy,
		"load": baseLoad, "loadstring": baseLoadString, "collectgarbage": baseCollectGarbage,
	})
	globals.RawSetString("ipairs", L.NewClosure(baseIpairs, L.NewFunction(ipairsStep), L.NewFunction(ipairsIndexed)))
	globals.RawSetString("pairs", L.NewClosure(basePairs, old.RawGetString("next")))
}

// baseAssert raises an error object as it is; a message gets the place of the caller.
func baseAssert(L *lua.LState) int {
	if lua.LVAsBool(checkAny(L, 1)) {
		return L.GetTop()
	}
	switch message := L.Get(2).(type) {
	case lua.LString, lua.LNumber:
		raisef(L, "%s", Text(message))
	case *lua.LNilType:
		raisef(L, "assertion failed!")
	default:
		rethrow(L, message)
	}
	return 0
}

func baseError(L *lua.LState) int {
	object := L.Get(1)
	level := optInteger(L, 2, 1)
	if lua.LVCanConvToString(object) && level > 0 {
		object = lua.LString(placeBefore(L, level) + Text(object))
	}
	rethrow(L, object)
	return 0
}

// baseGetMetatable does not show the metatables of what the host gives as userdata, and that of strings only if the script
// has set it: the host's own says false.
func (s *state) baseGetMetatable(L *lua.LState) int {
	v := checkAny(L, 1)
	mt := L.GetMetatable(v)
	if mt == s.noMethods {
		mt = lua.LNil
	}
	if _, isUserData := v.(*lua.LUserData); isUserData && !madeByScript(v) && mt != lua.LNil && L.GetMetaField(v, "__metatable") == lua.LNil {
		mt = lua.LFalse
	}
	return one(L, mt)
}

func baseSetMetatable(L *lua.LState) int {
	t := checkTable(L, 1)
	switch L.Get(2).(type) {
	case *lua.LNilType, *lua.LTable:
	default:
		argError(L, 2, "nil or table expected")
	}
	if L.GetTop() < 2 {
		argError(L, 2, "nil or table expected")
	}
	if L.GetMetaField(t, "__metatable") != lua.LNil {
		raisef(L, "cannot change a protected metatable")
	}
	t.Metatable = L.Get(2)
	L.SetTop(1)
	return 1
}

func baseToString(L *lua.LState) int {
	v := checkAny(L, 1)
	if L.GetMetaField(v, "__tostring") != lua.LNil {
		L.Push(tostringMeta(L, v))
	} else {
		L.Push(lua.LString(Text(v)))
	}
	return 1
}

// ToString is tostring, with __tostring.
func ToString(L *lua.LState, v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber, lua.LBool:
		return Text(v)
	}
	if L.GetMetaField(v, "__tostring") == lua.LNil {
		return v.String()
	}
	result := tostringMeta(L, v)
	if !lua.LVCanConvToString(result) {
		raisef(L, "'tostring' must return a string to 'print'")
	}
	return Text(result)
}

// tostringMeta is what v's __tostring gives, be it no string.
func tostringMeta(L *lua.LState, v lua.LValue) lua.LValue {
	return resultOf(L, L.GetMetaField(v, "__tostring"), v)
}

func baseToNumber(L *lua.LState) int {
	v := checkAny(L, 1)
	base := optInteger(L, 2, 10)
	var result lua.LValue = lua.LNil
	switch {
	case base == 10:
		if f, ok := ToNumber(v); ok {
			result = f
		}
	default:
		digits := strings.ToLower(strings.Trim(checkText(L, 1), " \t\n\v\f\r"))
		if base < 2 || base > 36 {
			argError(L, 2, "base out of range")
		}
		digits, negative := strings.CutPrefix(digits, "-")
		if !negative {
			digits = strings.TrimPrefix(digits, "+")
		}
		if base == 16 {
			digits = strings.TrimPrefix(digits, "0x")
		}
		f, ok := parseBase(digits, base)
		switch {
		case ok && negative:
			result = -f
		case ok:
			result = f
		}
	}
	return one(L, result)
}

func (s *state) basePrint(L *lua.LState) int {
	spend(L, 500) // it is kept and told: microseconds
	b := builder{L: L}
	for i := range L.GetTop() {
		if i > 0 {
			b.add("\t")
		}
		v := L.Get(i + 1)
		if t, ok := v.(*lua.LTable); ok && s.Inspect != nil && L.GetMetaField(t, "__tostring") == lua.LNil {
			b.add(s.Inspect(L, t))
		} else {
			b.add(ToString(L, v))
		}
	}
	s.Print(L, b.String())
	return 0
}

// maxUnpack leaves half of the registry to the rest.
const maxUnpack = 500_000

func baseUnpack(L *lua.LState) int {
	t := checkTable(L, 1)
	from := optInteger(L, 2, 1)
	to := optInteger(L, 3, t.Len())
	n := to - from + 1
	if n <= 0 {
		return 0
	}
	if n > maxUnpack {
		raisef(L, "too many results to unpack")
	}
	reserve(L, n)
	for i := from; i <= to; i++ {
		L.Push(t.RawGet(lua.LNumber(i)))
	}
	return n
}

// basePairs knows __pairs, so that what the host gives as userdata can be walked.
func basePairs(L *lua.LState) int {
	if meta := L.GetMetaField(L.Get(1), "__pairs"); meta != lua.LNil {
		L.Push(meta)
		L.Push(L.Get(1))
		L.Call(1, 3)
		return 3
	}
	t := checkTable(L, 1)
	L.Push(L.Get(lua.UpvalueIndex(1)))
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

// baseIpairs reads tables as they are, and what the host gives as userdata through its __index.
func baseIpairs(L *lua.LState) int {
	v := L.Get(1)
	step := 1
	if ud, ok := v.(*lua.LUserData); ok && !madeByScript(ud) && L.GetMetaField(v, "__index") != lua.LNil {
		step = 2
	} else {
		checkTable(L, 1)
	}
	L.Push(L.Get(lua.UpvalueIndex(step)))
	L.Push(v)
	L.Push(lua.LNumber(0))
	return 3
}

func ipairsStep(L *lua.LState) int {
	i := number(L, 2) + 1
	v := checkTable(L, 1).RawGet(i)
	if v == lua.LNil {
		return 0
	}
	L.Push(i)
	L.Push(v)
	return 2
}

func ipairsIndexed(L *lua.LState) int {
	i := number(L, 2) + 1
	v := L.GetTable(L.Get(1), i)
	if v == lua.LNil {
		return 0
	}
	L.Push(i)
	L.Push(v)
	return 2
}

// baseCollectGarbage answers; Go's collector needs no advice from scripts. "count" is the whole host's memory.
func baseCollectGarbage(L *lua.LState) int {
	switch option := optText(L, 1, "collect"); option {
	case "count":
		L.Push(lua.LNumber(float64(Heap()) / 1024))
	case "step":
		L.Push(lua.LTrue)
	case "collect", "stop", "restart", "setpause", "setstepmul":
		L.Push(lua.LNumber(0))
	default:
		argError(L, 1, "invalid option '"+option+"'")
	}
	return 1
}

// baseLoad takes a string, or a function that gives the pieces; then a chunk name, a mode and an environment as in later
// versions of Lua.
func baseLoad(L *lua.LState) int {
	var source string
	switch v := L.Get(1).(type) {
	case lua.LString:
		source = string(v)
	case *lua.LFunction:
		var b strings.Builder
		for {
			piece := resultOf(L, v)
			if piece == lua.LNil || piece == lua.LString("") {
				break
			}
			if !lua.LVCanConvToString(piece) {
				return failed(L, "reader function must return a string")
			}
			b.WriteString(Text(piece))
			if b.Len() > maxSource {
				break
			}
		}
		source = b.String()
	default:
		typeError(L, 1, "function")
	}
	if mode := optText(L, 3, "bt"); !strings.Contains(mode, "t") {
		return failed(L, "attempt to load a text chunk (mode is '"+mode+"')")
	}
	n := loadText(L, source, optText(L, 2, ""))
	if env, ok := L.Get(4).(*lua.LTable); ok && n == 1 {
		L.SetFEnv(L.Get(-1), env)
	}
	return n
}

func baseLoadString(L *lua.LState) int {
	return loadText(L, checkText(L, 1), optText(L, 2, ""))
}

func loadText(L *lua.LState, source, name string) int {
	proto, err := compile(L, []byte(source), chunkName(source, name))
	Spend(L, 20*len(source)) // about a microsecond for each two bytes
	if err != nil {
		return failed(L, err.Error())
	}
	return one(L, L.NewFunctionFromProto(proto))
}

// chunkName shows a chunk without a name of its own by its first line.
func chunkName(source, name string) string {
	if name != "" {
		if name[0] == '=' || name[0] == '@' {
			return name[1:]
		}
		source = name
	}
	line, _, more := strings.Cut(source, "\n")
	if len(line) > 40 {
		line, more = line[:40], true
	}
	if more {
		line += "..."
	}
	return `[string "` + line + `"]`
}

func failed(L *lua.LState, message string) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(message))
	return 2
}
