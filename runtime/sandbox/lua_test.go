package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// prelude is what the files of testdata/lua check with.
const prelude = `
function eq(got, want, what)
  if got ~= want then error((what and what .. ": " or "") .. "got " .. tostring(got) .. ", want " .. tostring(want), 2) end
end
function matches(got, pattern)
  if type(got) ~= "string" or not got:find(pattern) then error("got " .. tostring(got) .. ", want " .. pattern, 2) end
end
function fails(fn, pattern)
  local ok, message = pcall(fn)
  if ok then error("no error, want " .. pattern, 2) end
  if type(message) ~= "string" or not message:find(pattern) then error("error " .. tostring(message) .. ", want " .. pattern, 2) end
end`

func testOptions(t testing.TB) Options {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Now:      func() time.Time { return time.Unix(1764036184, 5e8) },
		Location: zone,
		Getenv:   func(name string) (string, bool) { return "/here", name == "HOME_OF_TEST" },
	}
}

func newTest(t testing.TB) *lua.LState {
	L := New(testOptions(t))
	t.Cleanup(L.Close)
	run(t, L, prelude, "prelude")
	return L
}

func load(t testing.TB, L *lua.LState, source, name string) *lua.LFunction {
	t.Helper()
	fn, err := Load(L, []byte(source), name)
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

func run(t testing.TB, L *lua.LState, source, name string) []lua.LValue {
	t.Helper()
	results, err := Call(L, load(t, L, source, name), lua.MultRet)
	if err != nil {
		f := err.(*Fault)
		t.Fatalf("%s\n%s\n%s", f.Message, f.Traceback, f.GoStack)
	}
	return results
}

// Each file is run as a task, inside a coroutine, and below a pcall in a coroutine.
func TestLua(t *testing.T) {
	files, _ := filepath.Glob("testdata/lua/*.lua")
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for mode, wrapper := range map[string]string{
			"task":      "return (...)()",
			"coroutine": "return coroutine.wrap(...)()",
			"pcall":     "local fn = ... return coroutine.wrap(function() local ok, e = pcall(fn) if not ok then error(e, 0) end end)()",
		} {
			if testing.Short() && mode != "task" {
				continue
			}
			t.Run(filepath.Base(file)+"/"+mode, func(t *testing.T) {
				L := newTest(t)
				th := NewThread(L, new(Flag))
				if _, err := Call(th, load(t, L, wrapper, "wrapper"), 0, load(t, L, string(source), file)); err != nil {
					f := err.(*Fault)
					t.Fatalf("%s\n%s\n%s", f.Message, f.Traceback, f.GoStack)
				}
				if f := current(th); f != nil || th.GetTop() != 0 {
					t.Fatalf("the thread is not empty: %v, %d values", f, th.GetTop())
				}
			})
		}
	}
}

// Coroutines that yield from wherever a call can stand do what they do in the Lua of lua.org.
func TestYieldLikeLua51(t *testing.T) {
	source, err := os.ReadFile("testdata/yield.lua")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/yield.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	L := New(Options{Print: func(_ *lua.LState, text string) { got.WriteString(text + "\n") }})
	defer L.Close()
	th := NewThread(L, new(Flag))
	if _, err := Call(th, load(t, L, string(source), "yield.lua"), 0); err != nil {
		t.Fatal(err)
	}
	wanted := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(wanted) || line != wanted[i] {
			t.Fatalf("line %d: %q, want %q", i+1, line, wanted[min(i, len(wanted)-1)])
		}
	}
	if n := strings.Count(got.String(), "\n"); n != len(wanted)-1 {
		t.Fatalf("%d lines, want %d", n, len(wanted)-1)
	}
}

func TestOutput(t *testing.T) {
	var out, err bytes.Buffer
	var printed []string
	to := func(w *bytes.Buffer) func(*lua.LState, string) error {
		return func(_ *lua.LState, text string) error { w.WriteString(text); return nil }
	}
	L := New(Options{Stdout: to(&out), Stderr: to(&err), Print: func(_ *lua.LState, text string) { printed = append(printed, text) }})
	defer L.Close()
	run(t, L, `io.write("a", 1) io.stdout:write("b"):write("c") io.stderr:write("e") print(1, nil, "x") print()`, "out")
	if out.String() != "a1bc" || err.String() != "e" || len(printed) != 2 || printed[0] != "1\tnil\tx" || printed[1] != "" {
		t.Fatal(out.String(), err.String(), printed)
	}
}
