package sandbox

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// call runs one string function of L and tells everything it gave, or that it failed.
func call(L *lua.LState, name string, args ...lua.LValue) (result string, failed bool) {
	fn := L.GetGlobal("string").(*lua.LTable).RawGetString(name)
	top := L.GetTop()
	defer L.SetTop(top)
	defer func() {
		if r := recover(); r != nil {
			result, failed = fmt.Sprint(r), true
		}
	}()
	if err := L.CallByParam(lua.P{Fn: fn, NRet: lua.MultRet, Protect: true}, args...); err != nil {
		return err.(*lua.ApiError).Object.String(), true
	}
	var values []string
	for i := top + 1; i <= L.GetTop(); i++ {
		values = append(values, fmt.Sprintf("%T %q", L.Get(i), L.Get(i).String()))
	}
	return strings.Join(values, ", "), false
}

// divergent says where gopher-lua's matcher is known not to be Lua 5.1's, so that it is no judge.
func divergent(subject, pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '%' && i+1 < len(pattern):
			next := pattern[i+1]
			if next == 'f' || next == 'b' || next == 'z' || isDigit(next) { // no %f; %b and %1 at the edges
				return true
			}
			i++
		case c == '^' && i > 0, c == '$' && i+1 < len(pattern): // inside captures and classes
			return true
		case c == '[' || c == ']' || c == ')' || c == '%': // sets such as []] and [a-], unbalanced things
			return true
		}
	}
	return pattern == "" || strings.Contains(pattern, "()") || strings.HasPrefix(pattern, "^^")
}

func TestMatchAgainstUpstream(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	ours, theirs := New(Options{}), lua.NewState()
	defer ours.Close()
	defer theirs.Close()
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"a", "b", "c", ".", "%a", "%d", "%s", "%w", "%p", "%A", "%.", "%%", "(a)", "(a*)", "(.-)", "(%a+)",
		"(a(b))", "^", "$", "*", "+", "-", "?", "1", " ", "é",
	}
	compared := 0
	for range 60000 {
		var pattern, subject strings.Builder
		for range 1 + r.IntN(5) {
			pattern.WriteString(pieces[r.IntN(len(pieces))])
		}
		for range r.IntN(8) {
			subject.WriteString([]string{"a", "b", "c", "1", " ", "ab", "é", ".", "%", "$"}[r.IntN(10)])
		}
		p, s := pattern.String(), subject.String()
		if divergent(s, strings.ReplaceAll(strings.ReplaceAll(strings.NewReplacer("(a(b))", "ab", "(a)", "a", "(a*)", "a*", "(.-)", ".-", "(%a+)", "%a+").Replace(p), "^", "^"), "$", "$")) {
			continue
		}
		for _, c := range []struct {
			name string
			args []lua.LValue
		}{
			{"find", []lua.LValue{lua.LString(s), lua.LString(p)}},
			{"match", []lua.LValue{lua.LString(s), lua.LString(p)}},
			{"gsub", []lua.LValue{lua.LString(s), lua.LString(p), lua.LString("<%0>")}},
		} {
			got, bad := call(ours, c.name, c.args...)
			want, worse := call(theirs, c.name, c.args...)
			if c.name == "match" && want == "" {
				want = `*lua.LNilType "nil"` // gopher-lua gives nothing at all
			}
			compared++
			if bad != worse || !bad && got != want {
				t.Errorf("%s(%q, %q): %s, gopher-lua: %s", c.name, s, p, got, want)
			}
		}
	}
	if compared < 30000 {
		t.Errorf("only %d comparisons", compared)
	}
}

// FuzzMatch looks for panics, for results outside of the subject, and for work without end.
func FuzzMatch(f *testing.F) {
	source, err := os.ReadFile("testdata/lua/pattern.lua")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(source), "\n") {
		parts := strings.Split(line, `"`)
		for i := 1; i+2 < len(parts); i += 2 {
			f.Add(parts[i], parts[i+2])
		}
	}
	for _, p := range []string{"%f[%w]%w+", "%b()", "(()())%1", "[]-]", "[%", "%", "[^", "(((((", "^*", "$$", "a-$", "[a-%]]", "%f[", "[%z-\xff]+"} {
		f.Add("THE (quick) fox\x00\xff", p)
	}
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		L := New(Options{})
		defer L.Close()
		flag := new(Flag)
		setFlag(L, flag)
		m := &matcher{L: L, subject: subject, pattern: pattern}
		rounds := 0
		probe := L.NewFunction(func(L *lua.LState) int {
			for s := 0; s <= len(subject) && rounds < 50; s++ {
				rounds++
				m.begin()
				if e := m.match(s, 0); e >= 0 && (e < s || e > len(subject)) {
					t.Errorf("match(%q, %q) at %d ends at %d", subject, pattern, s, e)
				}
			}
			return 0
		})
		var fault *Fault
		if len(subject) < 200 && len(pattern) < 40 {
			if _, err := Call(L, probe, 0); err != nil {
				fault = err.(*Fault)
			}
		}
		if fault != nil && fault.GoStack != "" {
			t.Fatalf("match(%q, %q): %s\n%s", subject, pattern, fault.Message, fault.GoStack)
		}
	})
}
