package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// A bounded flag ends a loop at the same instruction each time, in pcall and
// coroutines too; one that is allowed more goes on.
func TestABoundedFlag(t *testing.T) {
	errTooLong := errors.New("too long")
	run := func(code string, allowed int64) (n lua.LValue, err error) {
		L := New(Options{})
		defer L.Close()
		flag := NewFlag(context.Background())
		flag.Bound(func() error { return errTooLong })
		flag.Allow(allowed)
		th := NewThread(L, flag)
		fn, err := L.Load(strings.NewReader(code), "test")
		if err != nil {
			t.Fatal(err)
		}
		_, err = Call(th, fn, 0)
		if flag.Err() != nil {
			err = flag.Err()
		}
		return L.GetGlobal("n"), err
	}
	for name, code := range map[string]string{
		"loop":      "n = 0 while true do n = n + 1 end",
		"pcall":     "n = 0 while true do pcall(function() while true do n = n + 1 end end) end",
		"coroutine": "n = 0 coroutine.wrap(function() while true do n = n + 1 end end)()",
		"calls":     "n = 0 local function f() n = n + 1 end while true do f() end",
		"sort":      "n = 0 while true do table.sort({3, 2, 1}, function(a, b) n = n + 1 return a < b end) end",
	} {
		first, err := run(code, 100_000)
		if !errors.Is(err, errTooLong) {
			t.Errorf("%s: %v", name, err)
		}
		if first.(lua.LNumber) < 1000 {
			t.Errorf("%s: only %v rounds", name, first)
		}
		for range 3 {
			if again, _ := run(code, 100_000); again != first {
				t.Errorf("%s: %v rounds, then %v", name, first, again)
			}
		}
	}
	if n, err := run("n = 0 for i = 1, 1000 do n = n + 1 end", 100_000); err != nil || n != lua.LNumber(1000) {
		t.Error(n, err)
	}
}

func BenchmarkBoundedLoop(b *testing.B) {
	L := New(Options{})
	defer L.Close()
	flag := NewFlag(context.Background())
	flag.Bound(func() error { return errors.New("too long") })
	th := NewThread(L, flag)
	fn, err := L.Load(strings.NewReader("while true do end"), "test")
	if err != nil {
		b.Fatal(err)
	}
	flag.Allow(int64(b.N))
	b.ResetTimer()
	Call(th, fn, 0)
}

// What functions in Go do at one call counts as the instructions that take as
// long: no loop around them goes on for minutes.
func TestFunctionsUseUpSteps(t *testing.T) {
	errTooLong := errors.New("too long")
	for name, code := range map[string]string{
		"rep":     "while true do n = n + 1 local s = ('x'):rep(1000000) end",
		"short":   "while true do n = n + 1 local s = ('x'):rep(10000) end",
		"reverse": "local s = ('x'):rep(100000) while true do n = n + 1 s = s:reverse() end",
		"upper":   "local s = ('x'):rep(100000) while true do n = n + 1 s = s:upper() end",
		"concat":  "local s = ('x'):rep(100000) while true do n = n + 1 local r = s .. 'y' end",
		"list":    "local s = ('x'):rep(1000) local l = {s, s, s, s, s, s} while true do n = n + 1 table.concat(l) end",
		"format":  "local s = ('x'):rep(100000) while true do n = n + 1 local r = ('%s'):format(s) end",
		"find":    "local s = ('x'):rep(100000) while true do n = n + 1 local r = s:find('y', 1, true) end",
		"pattern": "local s = ('x'):rep(1000) while true do n = n + 1 local r = s:find('.-.-y') end",
		"small":   "local s = ('x'):rep(60) while true do n = n + 1 local r = s:find('x*y') end",
		"gsub":    "local s = ('x'):rep(10000) while true do n = n + 1 local r = s:gsub('x', 'y') end",
		"gmatch":  "local s = ('x'):rep(10000) while true do n = n + 1 for x in s:gmatch('x+y?') do end end",
		"error":   "while true do n = n + 1 pcall(error, 'x') end",
		"print":   "while true do n = n + 1 print() end",
		"load":    "local s = ('x=1 '):rep(100) while true do n = n + 1 loadstring(s) end",
	} {
		L := New(Options{})
		defer L.Close()
		flag := NewFlag(context.Background())
		flag.Bound(func() error { return errTooLong })
		flag.Allow(1_000_000)
		fn, err := L.Load(strings.NewReader("n = 0 "+code), "test")
		if err != nil {
			t.Fatal(err)
		}
		Call(NewThread(L, flag), fn, 0)
		if n := L.GetGlobal("n").(lua.LNumber); !errors.Is(flag.Err(), errTooLong) || n > 20_000 || n < 1 {
			t.Errorf("%s: %v rounds, %v", name, n, flag.Err())
		}
	}
}
