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
