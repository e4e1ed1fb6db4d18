package sandbox

import (
	"math"
	goruntime "runtime"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// workloads is what the cost is measured with.
var workloads = []struct{ name, source string }{
	{"fib", "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(20)"},
	{"loops", "local s = 0 for i = 1, 100000 do s = s + i % 7 end return s"},
	{"tables", "local t = {} for i = 1, 20000 do t[i] = i * 2 end local s = 0 for i, v in ipairs(t) do s = s + v end for k, v in pairs(t) do s = s - v end return s"},
	{"strings", "local n = 0 for round = 1, 1 do local t = {} for i = 1, 2000 do t[#t + 1] = ('%d:%s'):format(i, ('x'):rep(i % 10)) end local s = table.concat(t, ',') for w in s:gmatch('%d+:(x*)') do n = n + #w end n = n + #s:gsub('x', 'y') + (s:find('1999:x-$') or 0) end return n"},
	{"calls", "local n = 0 local o = {add = function(self, x) n = n + x end} for i = 1, 50000 do o:add(i) end return n"},
	{"deep", "local function down(n) if n == 0 then return 0 end local v = down(n - 1) return v + 1 end local s = 0 for i = 1, 300 do s = s + down(150) end return s"},
	{"closures", "local s = 0 for i = 1, 50000 do local k = i local f = function(x) return x + k end s = f(s) end return s"},
	{"metamethods", "local V = {} V.__index = V V.__add = function(a, b) return setmetatable({x = a.x + b.x}, V) end local s, one = setmetatable({x = 0}, V), setmetatable({x = 1}, V) for i = 1, 20000 do s = s + one end return s.x"},
	{"pcall", "local n = 0 for i = 1, 50000 do if pcall(math.abs, i) then n = n + 1 end end return n"},
	{"error", "local n = 0 for i = 1, 10000 do if not pcall(error, 'x') then n = n + 1 end end return n"},
	{"coroutine", "local g = coroutine.wrap(function() for i = 1, 20000 do coroutine.yield(i) end end) local s = 0 for i = 1, 20000 do s = s + g() end return s"},
}

func bare() *lua.LState { return lua.NewState() }

func flagged(t testing.TB) *lua.LState {
	L := New(testOptions(t))
	th := NewThread(L, new(Flag))
	return th
}

func loadBare(t testing.TB, L *lua.LState, source string) *lua.LFunction {
	fn, err := L.LoadString(source)
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

func once(t testing.TB, L *lua.LState, fn *lua.LFunction) {
	top := L.GetTop()
	if err := L.CallByParam(lua.P{Fn: fn, NRet: lua.MultRet, Protect: true}); err != nil {
		t.Fatal(err)
	}
	L.SetTop(top)
}

// BenchmarkCost runs each workload on bare gopher-lua without a context, and here with a flag: in turns, so that
// both see the same machine. The cost compares the fastest run of each, which whatever else the machine does can only
// slow down.
func BenchmarkCost(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			plain, ours := bare(), flagged(b)
			a, c := loadBare(b, plain, w.source), load(b, ours, w.source, w.name)
			base, here := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				t0 := time.Now()
				once(b, plain, a)
				t1 := time.Now()
				once(b, ours, c)
				base, here = min(base, t1.Sub(t0)), min(here, time.Since(t1))
			}
			b.ReportMetric((float64(here)/float64(base)-1)*100, "%cost")
			b.ReportMetric(float64(base.Microseconds()), "us-bare")
			b.ReportMetric(float64(here.Microseconds()), "us-here")
		})
	}
}

// BenchmarkMemory tells what a script (a state with its libraries), a task (a thread that has run something) and a
// suspended coroutine keep.
func BenchmarkMemory(b *testing.B) {
	const many = 400
	measure := func(one func() any) float64 {
		kept := make([]any, many)
		before := live()
		for i := range kept {
			kept[i] = one()
		}
		used := live() - before
		goruntime.KeepAlive(kept)
		return float64(used) / many / 1024
	}
	var script, task, coroutine float64
	for b.Loop() {
		script = measure(func() any { return New(testOptions(b)) })
		L := New(testOptions(b))
		fn := load(b, L, "local s = 0 for i = 1, 10 do s = s + i end tostring(s)", "m")
		task = measure(func() any {
			th := NewThread(L, new(Flag))
			once(b, th, fn)
			return th
		})
		start := load(b, L, "local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return co", "c")
		coroutine = measure(func() any {
			r, err := Call(L, start, 1)
			if err != nil {
				b.Fatal(err)
			}
			return r
		})
	}
	b.ReportMetric(script, "KB/script")
	b.ReportMetric(task, "KB/task")
	b.ReportMetric(coroutine, "KB/coroutine")
}

func live() int64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(testOptions(b)).Close()
	}
}

func BenchmarkHeap(b *testing.B) {
	for b.Loop() {
		Heap()
	}
}

func BenchmarkCompile(b *testing.B) {
	source := []byte(prelude)
	for b.Loop() {
		if _, err := Compile(source, "prelude"); err != nil {
			b.Fatal(err)
		}
	}
}
