package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

var errLimit = errors.New("computed for too long")

// surroundings run a case the plain way and from inside of whatever calls back into Lua.
var surroundings = map[string]string{
	"plain":      "return (...)()",
	"coroutine":  "local fn = ... local co = coroutine.create(fn) while true do coroutine.resume(co) end",
	"pcall":      "local fn = ... while true do pcall(fn) end",
	"xpcall":     "local fn = ... while true do xpcall(fn, function(e) return e end) end",
	"metamethod": "local fn = ... return setmetatable({}, {__index = function() return fn() end}).x",
	"sort":       "local fn = ... table.sort({2, 1}, function() fn() end)",
	"gsub":       "local fn = ... ('x'):gsub('x', function() fn() end)",
	"iterator":   "local fn = ... for x in coroutine.wrap(function() fn() end) do end",
	"tostring":   "local fn = ... return tostring(setmetatable({}, {__tostring = function() return fn() end}))",
}

// Each case ends within 0.25 s of Stop, whatever surrounds it, and the error names a line marked with HERE.
func TestRunaway(t *testing.T) {
	files, _ := filepath.Glob("testdata/runaway/*.lua")
	if len(files) < 50 {
		t.Fatalf("%d cases", len(files))
	}
	for _, file := range files {
		for around, wrapper := range surroundings {
			if testing.Short() && around != "plain" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".lua")+"/"+around, func(t *testing.T) {
				// A busy machine may hold one try up, not three.
				for try := range 3 {
					if late := runaway(t, file, wrapper); late <= 250*time.Millisecond {
						return
					} else if try == 2 {
						t.Errorf("ended %v after Stop", late)
					}
				}
			})
		}
	}
}

// runaway tells how long after Stop the case ended.
func runaway(t *testing.T, file, wrapper string) time.Duration {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	L := newTest(t)
	flag := new(Flag)
	th := NewThread(L, flag)
	outer, fn := load(t, L, wrapper, "wrapper"), load(t, L, string(source), file)
	var at time.Time
	var cpu time.Duration
	timer := time.AfterFunc(10*time.Millisecond, func() { at, cpu = time.Now(), cpuTime(); flag.Stop(errLimit) })
	defer timer.Stop()
	_, err = Call(th, outer, 0, fn)
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Fatalf("ended by itself: %v", err)
	}
	if fault.Stopped == nil {
		t.Fatalf("failed by itself: %v\n%s\n%s", fault, fault.Traceback, fault.GoStack)
	}
	late := min(time.Since(at), cpuTime()-cpu)
	if !errors.Is(err, errLimit) || !strings.HasSuffix(fault.Message, errLimit.Error()) {
		t.Errorf("error %q does not say why", fault.Message)
	}
	if !marked(string(source), file, fault.Place) && !strings.HasPrefix(fault.Place, "wrapper:1") && !strings.HasPrefix(fault.Place, `[string "x = 1"]:`) {
		t.Errorf("place %q, message %q", fault.Place, fault.Message)
	}
	if !strings.HasPrefix(fault.Message, fault.Place+": ") {
		t.Errorf("message %q does not begin with its place %q", fault.Message, fault.Place)
	}
	return late
}

func marked(source, file, place string) bool {
	m := regexp.MustCompile(`^(.*):(\d+)$`).FindStringSubmatch(place)
	if m == nil || m[1] != file {
		return false
	}
	line, _ := strconv.Atoi(m[2])
	lines := strings.Split(source, "\n")
	return line >= 1 && line <= len(lines) && strings.Contains(lines[line-1], "HERE")
}

// An error that is asked for its text and does not end is stopped like anything else.
func TestErrorThatNeverSaysWhatItIs(t *testing.T) {
	L := newTest(t)
	flag := new(Flag)
	defer time.AfterFunc(10*time.Millisecond, func() { flag.Stop(errLimit) }).Stop()
	fn := load(t, L, "error(setmetatable({}, {__tostring = function() while true do end end}))", "scripts/night.lua")
	if _, err := Call(NewThread(L, flag), fn, 0); !errors.Is(err, errLimit) || err.Error() != "scripts/night.lua:1: "+errLimit.Error() {
		t.Errorf("%v", err)
	}
}

// What recurses ends with an error that Lua can catch, and Go's stack stays small.
func TestRecursion(t *testing.T) {
	cases := map[string]string{
		"lua":               "local function f() return 1 + f() end f()",
		"pcall":             "local function f() local ok, e = pcall(f) if not ok then error(e, 0) end end f()",
		"xpcall":            "local function f() local ok, e = xpcall(f, function(e) return e end) if not ok then error(e, 0) end end f()",
		"handler":           "local function h() error('x') end local function f() xpcall(error, f) end f() error('stack overflow')",
		"index":             "local m = {} m.__index = function(t, k) return t[k .. 'x'] end return setmetatable({}, m).a",
		"index chain":       "local t = {} for i = 1, 200 do t = setmetatable({}, {__index = t}) end return t.x, error('stack overflow')",
		"index loop":        "local t = {} setmetatable(t, {__index = t}) return t.x, error('stack overflow')",
		"tostring":          "local m = {} m.__tostring = function(t) return tostring(t) end return tostring(setmetatable({}, m))",
		"format":            "local m = {} m.__tostring = function(t) return ('%s'):format(t) end return tostring(setmetatable({}, m))",
		"print":             "local m = {} m.__tostring = function(t) print(t) return '' end print(setmetatable({}, m))",
		"concat":            "local m = {} m.__concat = function(a, b) return a .. b end return setmetatable({}, m) .. 'x'",
		"eq":                "local m = {} m.__eq = function(a, b) return a == b end return setmetatable({}, m) == setmetatable({}, m)",
		"call":              "local m = {} m.__call = function(t) return 1 + t() end return setmetatable({}, m)()",
		"sort":              "local function f() table.sort({2, 1}, function() f() end) end f()",
		"gsub":              "local function f() return (('x'):gsub('x', f)) end f()",
		"gsub table":        "local m = {} m.__index = function(t, k) return (('x'):gsub('x', t)) end ('x'):gsub('x', setmetatable({}, m))",
		"iterator":          "local function f() for x in f do end end f()",
		"load":              "local function f() load(f) end f()",
		"coroutine":         "local function f() return coroutine.wrap(f)() end f()",
		"coroutine resume":  "local function f() local ok, e = coroutine.resume(coroutine.create(f)) if not ok then error(e, 0) end end f()",
		"coroutine deep":    "local function f(n) if n > 0 then return 1 + f(n - 1) end return coroutine.wrap(f)(200) end f(1900)",
		"coroutine pcall":   "local function f() local ok, e = pcall(coroutine.wrap(f)) if not ok then error(e, 0) end end f()",
		"coroutine sort":    "local function f() coroutine.wrap(function() table.sort({2, 1}, f) end)() end f()",
		"coroutine index":   "local m = {} m.__index = coroutine.wrap and function(t, k) return coroutine.wrap(function() return t[k] end)() end return setmetatable({}, m).x",
		"unpack":            "local t = {} for i = 1, 400000 do t[i] = i end local function f(...) return f(1, ...) end f(unpack(t))",
		"varargs":           "local function f(...) return f(1, 2, 3, 4, 5, ...) end f()",
		"error in overflow": "local function f() local ok, e = pcall(f) f() end pcall(f) error('stack overflow')",
	}
	for name, source := range cases {
		t.Run(name, func(t *testing.T) {
			L := newTest(t)
			flag := new(Flag)
			th := NewThread(L, flag)
			timer := time.AfterFunc(300*time.Millisecond, func() { flag.Stop(errLimit) })
			defer timer.Stop()
			_, err := Call(th, load(t, L, source, "recursion.lua"), 0)
			var fault *Fault
			if !errors.As(err, &fault) || fault.GoStack != "" {
				t.Fatalf("%v %+v\n%s", err, fault, fault.GoStack)
			}
			if fault.Stopped != nil {
				t.Logf("ended by the flag: %v", fault)
			} else if ok, _ := regexp.MatchString("overflow|too many coroutines|chain too long", fault.Message); !ok {
				t.Errorf("%v\n%s", fault, fault.Traceback)
			} else if !strings.HasPrefix(fault.Message, "recursion.lua:1:") && !strings.HasSuffix(source, "error('stack overflow')") {
				t.Errorf("no place in %q", fault.Message)
			}
			// The script goes on.
			setFlag(th, new(Flag))
			if got := run(t, th, "local ok, e = pcall(error, 'x') return 1 + 1", "after"); len(got) != 1 || got[0] != lua.LNumber(2) {
				t.Errorf("afterwards: %v", got)
			}
		})
	}
}

// Wherever the stack is full, a caught error leaves the caller's frames in order. gopher-lua alone loses eight.
func TestOverflowKeepsFrames(t *testing.T) {
	L := newTest(t)
	run(t, L, `
		for extra = 1, 40 do
			local depth, deepest = 0, 0
			local function down(n) depth = n if n > deepest then deepest = n end
				local mine = {n}
				local ok, e = pcall(down, n + 1)
				eq(mine[1], n) eq(depth >= n, true)
				return ok, e
			end
			local function pad(n) if n == 0 then return down(1) end local ok, e = pad(n - 1) return ok, e end
			pad(extra)
			eq(deepest > 500, true)
		end
		local kept = {}
		local function fill(n) local v = n kept[#kept + 1] = function() v = v and v + 1 return v end return fill(n + 1) + 1 end
		local ok, e = pcall(fill, 1)
		eq(ok, false) matches(e, "stack overflow")
		for _, f in ipairs(kept) do f() end`, "overflow")
}

func TestCoroutinesAreCounted(t *testing.T) {
	L := newTest(t)
	run(t, L, `
		for i = 1, 11000 do coroutine.wrap(function() coroutine.yield() end)() end -- dropped while suspended
		for i = 1, 11000 do coroutine.wrap(function() end)() end -- ended
		local list = {}
		fails(function() while true do list[#list + 1] = coroutine.create(print) end end, "too many coroutines %(10000 are alive%)")
		eq(#list, 10000)
		fails(function() coroutine.wrap(print) end, "too many coroutines")
		for i = 1, 100 do pcall(coroutine.create, print) end
		list = nil
		for i = 1, 200 do pcall(coroutine.create, print) end
		coroutine.create(print)`, "count")
}

// Two tasks of one script are inside coroutines at the same time, and each finds its own.
func TestInterleavedTasks(t *testing.T) {
	L := newTest(t)
	type wait struct{ resume, parked chan struct{} }
	var now *wait // the task that runs
	L.SetGlobal("park", L.NewFunction(func(*lua.LState) int {
		w := now
		w.parked <- struct{}{}
		<-w.resume
		return 0
	}))
	fn := load(t, L, `
		shared = shared or coroutine.wrap(function() while true do coroutine.yield(coroutine.running()) end end)
		local gen = coroutine.wrap(function()
			local me = coroutine.running()
			for i = 1, 50 do
				park()
				eq(coroutine.running(), me) eq(coroutine.status(me), "running")
				local inner = coroutine.wrap(function() park() eq(coroutine.status(me), "normal") coroutine.yield(i) park() end)
				eq(inner(), i)
				coroutine.yield(i)
				eq(type(shared()), "thread")
			end
		end)
		for i = 1, 50 do eq(gen(), i) park() eq(coroutine.running(), nil) end`, "task.lua")
	const tasks = 3
	var waits [tasks]*wait
	errs := make([]error, tasks)
	done := make(chan int, tasks)
	for i := range waits {
		waits[i] = &wait{make(chan struct{}), make(chan struct{})}
		th := NewThread(L, new(Flag))
		go func() {
			<-waits[i].resume
			_, errs[i] = Call(th, fn, 0)
			done <- i
			close(waits[i].parked)
		}()
	}
	for running := tasks; running > 0; {
		for i, w := range waits {
			if w == nil {
				continue
			}
			now = w
			w.resume <- struct{}{}
			if _, ok := <-w.parked; !ok {
				<-done
				waits[i] = nil
				running--
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// A coroutine handed to another task runs with that task's flag.
func TestCoroutineTakesFlagOfResumer(t *testing.T) {
	L := newTest(t)
	flag := new(Flag)
	first := NewThread(L, flag)
	if _, err := Call(first, load(t, L, "co = coroutine.create(function() coroutine.yield() while true do end end) coroutine.resume(co)", "a.lua"), 0); err != nil {
		t.Fatal(err)
	}
	flag.Stop(errLimit)
	other := new(Flag)
	second := NewThread(L, other)
	timer := time.AfterFunc(20*time.Millisecond, func() { other.Stop(fmt.Errorf("the second task")) })
	defer timer.Stop()
	_, err := Call(second, load(t, L, "coroutine.resume(co)", "b.lua"), 0)
	if err == nil || !strings.Contains(err.Error(), "the second task") {
		t.Fatal(err)
	}
}
