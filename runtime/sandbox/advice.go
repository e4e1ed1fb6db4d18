package sandbox

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// libraries are the tables of Lua's own functions.
var libraries = []string{"string", "table", "math", "os", "io", "coroutine", "debug"}

// instead says what to write for the names of other hosts of Lua and of later versions.
var instead = map[string]string{
	"io.open":      "use hik.file.read, hik.file.write or hik.file.append",
	"io.lines":     "write for line in hik.file.read(path):gmatch(\"[^\\n]+\") do",
	"io.read":      "a script has no input; take what it needs from site.yaml as hik.vars",
	"io.input":     "use hik.file.read",
	"io.output":    "use hik.file.write",
	"io.popen":     "scripts start no programs; use hik.http to reach other services",
	"io.tmpfile":   "use hik.file.write",
	"io.close":     "files of hik.file need no closing",
	"os.execute":   "scripts start no programs; use hik.http to reach other services",
	"os.exit":      "only what hiklua exec runs has it; use return, or error(...) to end with an error",
	"os.remove":    "use hik.file.remove",
	"os.rename":    "use hik.file.rename",
	"os.tmpname":   "use hik.file.write with a name of your own",
	"os.sleep":     "use hik.sleep",
	"os.setlocale": "use string.format and os.date, which know no locale",

	"table.pack":     "write {n = select('#', ...), ...}",
	"table.move":     "copy with a for loop",
	"table.maxn":     "use #",
	"table.getn":     "use #",
	"table.setn":     "assign nil to the elements beyond the end",
	"table.foreach":  "use for key, value in pairs(t) do",
	"table.foreachi": "use for i, value in ipairs(t) do",

	"math.tointeger":  "use math.floor(x)",
	"math.type":       "use type(x), and x == math.floor(x) for a whole number",
	"math.round":      "use math.floor(x + 0.5)",
	"math.ult":        "use <",
	"math.maxinteger": "use 2^53",
	"math.mininteger": "use -2^53",
	"math.log10":      "use math.log(x) / math.log(10)",

	"string.pack":     "use string.char and string.byte",
	"string.unpack":   "use string.byte",
	"string.packsize": "use string.byte",
	"string.gfind":    "use string.gmatch",
	"string.trim":     `use s:match("^%s*(.-)%s*$")`,
	"string.split":    `use for part in s:gmatch("[^,]+") do`,

	"utf8":  "Lua 5.1 has no utf8; strings are bytes, and UTF-8 text passes through as it is",
	"bit32": "Lua 5.1 has no bit32; use arithmetic: math.floor(a / 2^n) % 2 is bit n of a",
	"bit":   "there is no bit; use arithmetic: math.floor(a / 2^n) % 2 is bit n of a",
	"ffi":   "there is no ffi; scripts are Lua 5.1",
	"jit":   "there is no jit; scripts are Lua 5.1",

	"null":        "write nil",
	"NULL":        "write nil",
	"None":        "write nil",
	"undefined":   "write nil",
	"True":        "write true",
	"False":       "write false",
	"this":        "write self, in a function that is called with a colon",
	"new":         "Lua has no 'new': call the function that makes one",
	"throw":       "use error(...)",
	"raise":       "use error(...)",
	"typeof":      "use type(x)",
	"printf":      "write print((\"...\"):format(...))",
	"echo":        "use print",
	"console":     "use print",
	"setTimeout":  "use hik.after",
	"setInterval": "use hik.every",
	"parseInt":    "use tonumber",
	"switch":      "write if ... then ... elseif ... then ... end",
	"foreach":     "write for key, value in pairs(t) do ... end",
	"import":      `use require "name" for lib/name.lua`,
	"include":     `use require "name" for lib/name.lua`,
	"sprintf":     "use string.format",
	"len":         "use #",
	"str":         "use tostring",

	"loadfile": `use require "name" for lib/name.lua`,
	"dofile":   `use require "name" for lib/name.lua`,
	"warn":     "use hik.log.warn",
	"sleep":    "use hik.sleep",
	"wait":     "use hik.sleep",
	"gcinfo":   `use collectgarbage("count")`,
}

// InsteadOf says what a script writes for a name that other versions and hosts of Lua have and this one has not,
// "io.open" or "utf8"; empty if there is nothing to say.
func InsteadOf(name string) string {
	if text := instead[name]; text != "" {
		return text
	}
	if strings.HasPrefix(name, "debug.") {
		return "debug has traceback, getinfo, getmetatable and setmetatable only"
	}
	return ""
}

// InsteadOfModule is the same for the name of a module that require does not find.
func InsteadOfModule(name string) string {
	switch root, _, _ := strings.Cut(name, "."); root {
	case "socket", "http", "ssl", "https", "copas", "curl", "lcurl", "ltn12":
		return "use hik.http"
	case "lfs", "path", "posix", "luv":
		return "use hik.file"
	case "cjson", "json", "dkjson", "rapidjson", "lunajson", "rxi-json":
		return "use hik.json"
	case "bit", "bit32", "utf8", "ffi", "jit":
		return InsteadOf(root)
	}
	return ""
}

func (o operand) String() string { return o.kind + " '" + o.name + "'" }

// holding is the operand with the value v in it: local 'x' (a nil value).
func (o operand) holding(v lua.LValue) string {
	if o.kind == "" {
		return "a " + v.Type().String() + " value"
	}
	return o.String() + " (a " + v.Type().String() + " value)"
}

// path is `cfg.night` for what can be written so, else empty.
func (o *operand) path() string {
	switch {
	case o == nil || o.name == "" || o.name == "?":
		return ""
	case o.kind != "field":
		return o.name
	}
	of := o.of.path()
	if of == "" {
		return ""
	}
	if _, ok := parseNumber(o.name); ok {
		return of + "[" + o.name + "]"
	}
	return of + "." + o.name
}

// advice says what was probably meant by a name that stands for nothing.
func (o operand) advice(L *lua.LState, v lua.LValue) string {
	if v != lua.LNil {
		return ""
	}
	globals := L.Get(lua.GlobalsIndex).(*lua.LTable)
	var names []string
	switch o.kind {
	case "global":
		if text := InsteadOf(o.name); text != "" {
			return "; " + text
		}
		if slices.Contains(keysOf(globals.RawGetString("hik"), o.name), o.name) {
			return "; did you mean 'hik." + o.name + "'?"
		}
		names = append(o.seen, keysOf(globals, o.name)...)
	case "local":
		if o.from != nil {
			return o.from.instead(globals)
		}
	case "field", "method":
		if text := o.instead(globals); text != "" {
			return text
		}
		if _, ok := o.of.value.(lua.LString); ok {
			if text := InsteadOf("string." + o.name); text != "" {
				return "; " + text
			}
			names = keysOf(globals.RawGetString("string"), o.name)
			break
		}
		names = keysOf(o.of.value, o.name)
	}
	if near := likely(o.name, names); near != "" && near != o.name {
		return "; did you mean '" + near + "'?"
	}
	if o.kind == "global" {
		if near := likely(o.name, keysOf(globals.RawGetString("hik"), o.name)); near != "" {
			return "; did you mean 'hik." + near + "'?"
		}
	}
	return ""
}

// likely is nearest.Word; a short word must have its first letter, a very short one all its letters in common with what it
// suggests: half of the letters of `yrad` are those of `load`, and of `a` those of `at`. And `camera3` is meant, where there
// are camera1 and camera2.
func likely(word string, names []string) string {
	near := nearest.Word(word, names)
	if near != "" && len(word) <= 4 && (near[0] != word[0] || len(word) <= 2) && !sameLetters(near, word) {
		return ""
	}
	if near != word && withoutDigits(near) == withoutDigits(word) {
		return ""
	}
	return near
}

func withoutDigits(word string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, word)
}

// instead is InsteadOf for a field of a library.
func (o operand) instead(globals *lua.LTable) string {
	for _, library := range libraries {
		if t := globals.RawGetString(library); t != lua.LNil && t == o.of.value {
			if text := InsteadOf(library + "." + o.name); text != "" {
				return "; " + text
			}
		}
	}
	return ""
}

// Names are compared with at most maxNames others, and a table is searched for them up to maxSearch entries: an error that
// a script catches must not cost much.
const (
	maxNames  = 200
	maxSearch = 5000
)

// keysOf lists the names in a table and in those it inherits from that are about as long as word, sorted.
func keysOf(v lua.LValue, word string) []string {
	var names []string
	add := func(name string) {
		if len(names) < maxNames && (len(name) <= len(word)+len(word)/3+1 && len(name) >= len(word)*2/3-1 || strings.HasPrefix(name, word)) {
			names = append(names, name)
		}
	}
	searched := 0
	for range maxPath {
		t, ok := v.(*lua.LTable)
		if !ok {
			break
		}
		for key, value := t.Next(lua.LNil); key != lua.LNil && searched < maxSearch; key, value = t.Next(key) {
			searched++
			if name, ok := key.(lua.LString); ok && value != lua.LNil {
				add(string(name))
			}
		}
		mt, ok := t.Metatable.(*lua.LTable)
		if !ok {
			break
		}
		for _, name := range namesIn(mt) {
			add(name)
		}
		v = mt.RawGetString("__index")
	}
	slices.Sort(names)
	return slices.Compact(names)
}
