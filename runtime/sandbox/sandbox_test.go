package sandbox

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestFlag(t *testing.T) {
	type key struct{}
	f := NewFlag(context.WithValue(context.Background(), key{}, "task 7"))
	if f.Done() != nil || f.Err() != nil || f.Stopped() {
		t.Fatal("stopped from the start")
	}
	if f.Value(key{}) != "task 7" || f.Value("other") != nil || new(Flag).Value(key{}) != nil {
		t.Fatal("values")
	}
	first := errors.New("first")
	f.Stop(first)
	f.Stop(errors.New("second"))
	<-f.Done()
	if f.Err() != first || !f.Stopped() {
		t.Fatal(f.Err())
	}
	g := &Flag{}
	g.Stop(nil)
	if g.Err() != ErrStopped {
		t.Fatal(g.Err())
	}
}

// Coroutines run with the flag of the task that they are in.
func TestCoroutinesHaveTheFlag(t *testing.T) {
	L := newTest(t)
	f := new(Flag)
	setFlag(L, f)
	seen := 0
	L.SetGlobal("see", L.NewFunction(func(L *lua.LState) int {
		if seen++; L.Context() != f {
			t.Error("another flag")
		}
		return 0
	}))
	run(t, L, "see() coroutine.wrap(see)() coroutine.wrap(function() coroutine.wrap(function() pcall(see) end)() end)()", "see")
	if seen != 3 {
		t.Fatal(seen)
	}
}

func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for seconds")
	}
	L := newTest(t)
	for name, source := range map[string]string{
		"shebang": "#!/usr/bin/env hiklua\nreturn place()", "mark": "\xef\xbb\xbf\nreturn place()",
		"both": "\xef\xbb\xbf#!x\nreturn place()", "crlf": "\r\nreturn place()\r\n",
	} {
		L.SetGlobal("place", L.NewFunction(func(L *lua.LState) int { L.Push(lua.LString(Place(L))); return 1 }))
		if got := run(t, L, source, "scripts/tour.lua"); got[0] != lua.LString("scripts/tour.lua:2") {
			t.Errorf("%s: %v", name, got)
		}
	}
	run(t, L, "#only a first line", "x")
	run(t, L, "", "x")
	for source, want := range map[string]string{
		"x = 1\nif x then\n":                        "s.lua:2: 'end' expected to close 'if' at line 2 near end of file",
		"x = 1\ny = = 2":                            "s.lua:2:5: unexpected '='",
		"x = 'abc":                                  "s.lua:1:5: unfinished string",
		"return 1 +":                                "s.lua:1: a value is missing after '+' near end of file",
		"goto nowhere":                              "s.lua:",
		"break":                                     "s.lua:1: no loop to break",
		"\x1bLua":                                   "s.lua: compiled Lua is not loaded, only source text",
		strings.Repeat(" ", maxSource+1):            "s.lua: too large: 1048577 bytes, at most 1048576",
		"x = " + strings.Repeat("{", 500_000):       "s.lua:1: nested too deep, at most 1000 levels",
		"x = " + strings.Repeat("{", 400):           "s.lua:1: '}' expected to close '{' at line 1 near end of file",
		"\nx = " + deep("(", ")", 5000):             "s.lua:2: nested too deep, at most 1000 levels",
		"\nx = a" + deep("[a", "]", 5000):           "s.lua:2: nested too deep, at most 1000 levels",
		"\nx = " + deep("{", "}", 5000):             "s.lua:2: nested too deep, at most 1000 levels",
		"x = " + strings.Repeat("#", 900_000) + "y": "s.lua:1: nested too deep, at most 1000 levels",
		"x = " + strings.Repeat("-", 1) + "y" + strings.Repeat("+y", 400_000):              "s.lua:1: nested too deep, at most 1000 levels",
		"x = y" + strings.Repeat("..y", 300_000):                                           "s.lua:1: nested too deep, at most 1000 levels",
		"f" + strings.Repeat("()", 400_000):                                                "s.lua:1: nested too deep, at most 1000 levels",
		"x = y" + strings.Repeat(".a", 400_000):                                            "s.lua:1: nested too deep, at most 1000 levels",
		deep("do ", "end ", 100_000):                                                       "s.lua:1: nested too deep, at most 1000 levels",
		deep("function f() ", "end ", 50_000):                                              "s.lua:1: nested too deep, at most 1000 levels",
		"if x then " + strings.Repeat("elseif x then ", 60_000) + "end":                    "s.lua:1: nested too deep, at most 1000 levels",
		"x = " + deep("(f)(", ")", 100_000) + "":                                           "s.lua:",
		"local a" + strings.Repeat(" local a", 300):                                        "s.lua:1: the function that begins here has more than 200 local variables",
		"\nlocal function f() local a" + strings.Repeat(", a", 196) + " f(1, 2, 3, 4) end": "s.lua:2: the function that begins here has more than 200 local variables",
		"\nfunction f(a" + strings.Repeat(", a", 255) + ") end":                            "s.lua:2: the function that begins here has more than 200 local variables",
	} {
		_, err := Load(L, []byte(source), "s.lua")
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40q: %v", source, err)
		} else if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %q, want %q", source, err, want)
		}
	}
	// Parentheses leave nothing in the tree.
	if _, err := Load(L, []byte("x = "+strings.Repeat("(", 1000)+"1"+strings.Repeat(")", 1000)), "s.lua"); err != nil {
		t.Error(err)
	}
}

// The compiler takes most of a minute for a chunk of 1 MB that holds ever new constants.
func TestConstantsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for seconds")
	}
	list := func(n int, item string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, item, i)
		}
		return b.String()
	}
	functions := ""
	for i := range 60 {
		functions += "function f() return {" + list(1_000, fmt.Sprint("'s", i, "_%d', ")) + "} end\n"
	}
	for name, test := range map[string]struct {
		source  string
		refused bool
	}{
		"strings":         {"\nx = {" + list(60_000, "'s%d', ") + "}", true},
		"numbers":         {"\nx = {" + list(60_000, "%d.5, ") + "}", true},
		"keys":            {"\nx = {" + list(60_000, "k%d = 1, ") + "}", true},
		"globals":         {"\n" + list(60_000, "g%d = 1 "), true},
		"methods":         {"\n" + list(60_000, "g:m%d() "), true},
		"fields":          {"\n" + list(60_000, "g.f%d = 1 "), true},
		"the last, often": {"\nx = {" + list(9_000, "'s%d', ") + "} " + strings.Repeat("x = 'z' ", 50_000), true},
		"in a function":   {"\nfunction f() return {" + list(60_000, "'s%d', ") + "} end", true},
		"rows":            {"\nx = {" + list(4_000, "{name = 'n%[1]d', ip = '192.0.2.%[1]d', port = 80},\n") + "}", false},
		"the same":        {"\nx = {" + strings.Repeat("'s', 1, ", 60_000) + "}", false},
		"functions":       {functions, false},
	} {
		_, err := Compile([]byte(test.source), "s.lua")
		refused := err != nil && err.Error() == "s.lua:2: "+tooMany
		if refused != test.refused || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What stands in strings and comments nests nothing, and what is closed is over.
func TestNestingIsCounted(t *testing.T) {
	const limit = 3
	for source, want := range map[string]int{
		"f((({})))":                                1,
		"f(({}))":                                  0,
		"a = {{1}, {2}, {{3}}}\n":                  0,
		"\n\na[b[c[d[1]]]]":                        3,
		"f('(((((') g(\"{{{{{'\\\"{{{{\")":         0,
		"f('a\\\n((((((')":                         0,
		"-- do do do do (((( '\nx = [[ [ ((((( ]]": 0,
		"--[[ ((((\n(((( ]] x = 1\n((((x))))":      3,
		"--[==[ ]] (((( ]==] f(((1)))":             0,
		"x = [=[ ]] ((((\n]=] .. ((((1))))":        2,
		"x = [[ (((( \n":                           0,
		"if a then elseif b then elseif c then elseif d then else end":    0,
		"while a do for i = 1, 2 do repeat if x then end until y end end": 1,
		"while a do for i = 1, 2 do repeat until y end end if b then end": 0,
		"local function f() return function() end end do do end end":      0,
		"adore.done, iffy = endless, doing_2":                             0,
		"end end end ((((":                                                1,
		"'' '\\''\n((((":                                                  2,
		"'\n((((":                                                         0, // the text without an end is told
	} {
		line := 0
		if _, e := scan([]byte(source), "x", limit); e != nil && e.Message == tooDeep {
			line = e.Line
		}
		if line != want {
			t.Errorf("%q: line %d, want %d", source, line, want)
		}
	}
}

// A chunk that is read when its task is stopped goes no further.
func TestLoadEndsWithTheFlag(t *testing.T) {
	L := newTest(t)
	flag := new(Flag)
	th := NewThread(L, flag)
	flag.Stop(errLimit)
	if _, err := Load(th, []byte("x = = 1"), "s.lua"); !errors.Is(err, errLimit) {
		t.Error(err)
	}
}

func deep(begin, end string, n int) string { return strings.Repeat(begin, n) + strings.Repeat(end, n) }

// guarded is a function of a host that hands on its Go panics, also out of coroutines.
func guarded(fn lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case *lua.ApiError:
				panic(r)
			default:
				panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: newGoPanic(r).value()})
			}
		}()
		return fn(L)
	}
}

func TestFault(t *testing.T) {
	L := newTest(t)
	put := func(m map[string]int) { m["x"] = 1 }
	L.SetGlobal("boom", L.NewFunction(guarded(func(L *lua.LState) int { put(nil); return 0 })))
	L.SetGlobal("wrong", L.NewFunction(guarded(func(L *lua.LState) int { L.RaiseError("no such preset"); return 0 })))
	call := func(source string) *Fault {
		t.Helper()
		_, err := Call(L, load(t, L, source, "scripts/night.lua"), 0)
		f, ok := err.(*Fault)
		if !ok {
			t.Fatalf("%q: %v", source, err)
		}
		return f
	}
	f := call("local function inner() error('oh') end\nlocal function outer() inner() end\nouter()")
	if f.Message != "scripts/night.lua:1: oh" || f.Place != "scripts/night.lua:1" || f.Stopped != nil || f.GoStack != "" {
		t.Errorf("%+v", f)
	}
	if want := "[host]: in function 'error'\nscripts/night.lua:1: in function 'inner'\nscripts/night.lua:2: in function 'outer'\nscripts/night.lua:3: in main chunk"; f.Traceback != want {
		t.Errorf("traceback\n%s\nwant\n%s", f.Traceback, want)
	}
	f = call("\nerror({kind = 'busy'})")
	if f.Object.Type() != lua.LTTable || f.Place != "scripts/night.lua:2" {
		t.Errorf("%+v", f)
	}
	const class = "local E = {} E.__index = E local function oops(how) error(setmetatable({n = 5}, {__tostring = how})) end\n"
	for source, want := range map[string]string{
		"oops(function(e) return 'code ' .. e.n end)":                                       "code 5",
		"oops(function(e) return e.n end)":                                                  "5",
		"oops(setmetatable({}, {__call = function() return 'called' end}))":                 "called",
		"coroutine.wrap(function() oops(function(e) return 'code ' .. e.n end) end)()":      "code 5",
		"local ok, e = pcall(oops, function(e) return 'code ' .. e.n end) e.n = 6 error(e)": "code 6",
		"oops(function(e) return ('x'):rep(5000) end)":                                      strings.Repeat("x", maxSaid),
		"oops(function(e) return {} end)":                                                   "",
		"oops(function(e) error(e) end)":                                                    "",
		"oops(function(e) return coroutine.yield(e) end)":                                   "",
		"oops()":      "",
		"oops(print)": "",
		"local function deep(n) return 1 + deep() end oops(function(e) return deep() end)": "",
	} {
		f = call(class + source)
		if f.Said != want || !strings.HasPrefix(f.Place, "scripts/night.lua:") || want != "" && f.Message != want {
			t.Errorf("%s\n says %.60q of %.60q at %s, want %.60q", source, f.Said, f.Message, f.Place, want)
		}
	}
	f = call("\n\nwrong()")
	if f.Message != "scripts/night.lua:3: no such preset" {
		t.Errorf("%+v", f)
	}
	for _, source := range []string{
		"boom()", "pcall(boom)", "xpcall(boom, print)", "pcall(function() pcall(boom) end)", "coroutine.wrap(boom)()",
		"coroutine.resume(coroutine.create(function() pcall(boom) end))", "table.sort({2, 1}, boom)", "('x'):gsub('x', boom)",
		"return setmetatable({}, {__index = boom}).x", "while true do pcall(boom) end",
	} {
		f = call(source)
		if !strings.Contains(f.Message, "assignment to entry in nil map") || !strings.Contains(f.GoStack, "sandbox_test.go") {
			t.Errorf("%q: %q\n%s", source, f.Message, f.GoStack)
		}
	}
	if f = call("local x = nil; x()"); f.Place != "scripts/night.lua:1" || f.GoStack != "" {
		t.Errorf("%+v", f)
	}
	run(t, L, "eq(1, 1)", "after")
}

// A closure whose function has ended by a Go panic has lost the variable of that function, and has no other one's instead.
func TestClosureOutlivesAPanic(t *testing.T) {
	L := newTest(t)
	L.SetGlobal("boom", L.NewFunction(guarded(func(*lua.LState) int { panic("out of order") })))
	for name, source := range map[string]string{
		"called":    "local first = 1; function put(v) first = v end function get() return first end boom()",
		"metatable": "local first = 1; function put(v) first = v end function get() return first end return setmetatable({}, {__index = boom}).x",
	} {
		if _, err := Call(L, load(t, L, source, name), 0); err == nil {
			t.Fatal(name)
		}
		run(t, L, "local second = 2; eq(get(), nil); put(3); eq(second, 2); eq(get(), 3)", name)
	}
}

// The tables of the libraries look the same each time: a rehearsal that prints them is compared to the byte.
func TestOrder(t *testing.T) {
	list := func() string {
		L := New(Options{})
		defer L.Close()
		got := run(t, L, `local out = {}
			for k, v in pairs(_G) do out[#out + 1] = k
				if type(v) == "table" and v ~= _G then for name in pairs(v) do out[#out + 1] = k .. "." .. name end end
			end
			for k in pairs(os.date("*t")) do out[#out + 1] = k end
			return table.concat(out, " ")`, "order")
		return got[0].String()
	}
	first := list()
	for range 10 {
		if again := list(); again != first {
			t.Fatalf("%s\n%s", first, again)
		}
	}
	t.Log(first)
}

func TestRandomIsInjected(t *testing.T) {
	draw := func() string {
		L := New(Options{Random: counter{new(uint64)}})
		defer L.Close()
		return run(t, L, "return math.random(1000) .. ' ' .. math.random()", "random")[0].String()
	}
	if a, b := draw(), draw(); a != b {
		t.Fatal(a, b)
	}
}

type counter struct{ n *uint64 }

func (c counter) Uint64() uint64 { *c.n += 0x9e3779b97f4a7c15; return *c.n }

func TestHeap(t *testing.T) {
	goruntime.GC()
	before := Heap()
	big := make([]byte, 32<<20)
	big[0] = 1
	if after := Heap(); after < before+30<<20 {
		t.Fatal(before, after)
	}
	goruntime.KeepAlive(big)
}
