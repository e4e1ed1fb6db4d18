package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openString gives the string library, also behind ("x"):method(). Letters are those of ASCII, as in the C locale; other
// bytes pass unchanged.
func openString(L *lua.LState) {
	mod := L.CreateTable(0, 16)
	setFuncs(L, mod, map[string]lua.LGFunction{
		"byte": strByte, "char": strChar, "dump": strDump, "find": strFind, "format": strFormat, "gmatch": strGmatch,
		"gsub": strGsub, "len": strLen, "lower": strLower, "match": strMatch,
		"rep": strRep, "reverse": strReverse, "sub": strSub, "upper": strUpper,
	})
	mod.RawSetString("gfind", mod.RawGetString("gmatch"))
	L.SetGlobal("string", mod)
	meta := L.CreateTable(0, 16)
	setFuncs(L, meta, textArithmetic())
	meta.RawSetString("__index", mod)
	meta.RawSetString("__metatable", lua.LFalse)
	L.SetMetatable(lua.LString(""), meta)
}

// span turns two positions as Lua counts into a slice of a string of that length.
func span(from, to, length int) (int, int) {
	if from < 0 {
		from += length + 1
	}
	if to < 0 {
		to += length + 1
	}
	from, to = max(from-1, 0), min(to, length)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func strByte(L *lua.LState) int {
	str := checkText(L, 1)
	first := optInteger(L, 2, 1)
	from, to := span(first, optInteger(L, 3, first), len(str))
	if to-from > maxUnpack {
		raisef(L, "string slice too long")
	}
	reserve(L, to-from)
	for i := from; i < to; i++ {
		L.Push(lua.LNumber(str[i]))
	}
	return to - from
}

// chunkHeader begins what string.dump of Lua 5.1 gives on a 64-bit machine: version, format, order of bytes, and the sizes of
// int, size_t, instructions and numbers.
const chunkHeader = "\x1bLua\x51\x00\x01\x04\x08\x04\x08\x00"

// strDump gives the header for a chunk, from which libraries read the size of numbers; there is no code behind it, and load
// takes none. Of functions there is nothing to tell.
func strDump(L *lua.LState) int {
	if fn := checkFunction(L, 1); fn.IsG || fn.Proto.LineDefined != 0 {
		raisef(L, "unable to dump given function")
	}
	return one(L, lua.LString(chunkHeader))
}

func strChar(L *lua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		c := integer(L, i+1)
		if c < 0 || c > 255 {
			argError(L, i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	return one(L, lua.LString(b))
}

func strLen(L *lua.LState) int {
	return one(L, lua.LNumber(len(checkText(L, 1))))
}

func strLower(L *lua.LState) int { return eachByte(L, 'A', 'Z') }
func strUpper(L *lua.LState) int { return eachByte(L, 'a', 'z') }

// eachByte changes the case of the letters from first to last.
func eachByte(L *lua.LState, first, last byte) int {
	b := []byte(checkText(L, 1))
	spendOn(L, len(b))
	for i, c := range b {
		if first <= c && c <= last {
			b[i] = c ^ 0x20
		}
	}
	return one(L, lua.LString(b))
}

func strRep(L *lua.LState) int {
	str, n := checkText(L, 1), integer(L, 2)
	separator := optText(L, 3, "")
	if n <= 0 || len(str)+len(separator) == 0 {
		return one(L, lua.LString(""))
	}
	if n > maxString/(len(str)+len(separator)) {
		tooLarge(L)
	}
	spendOn(L, n*(len(str)+len(separator)))
	return one(L, lua.LString(strings.Repeat(str+separator, n-1)+str))
}

func strReverse(L *lua.LState) int {
	str := checkText(L, 1)
	b := make([]byte, len(str))
	spendOn(L, len(str))
	for i := range b {
		b[i] = str[len(str)-1-i]
	}
	return one(L, lua.LString(b))
}

func strSub(L *lua.LState) int {
	str := checkText(L, 1)
	from, to := span(integer(L, 2), optInteger(L, 3, -1), len(str))
	return one(L, lua.LString(str[from:to]))
}
