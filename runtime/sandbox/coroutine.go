package sandbox

import (
	"runtime"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxNested is how many coroutines may be inside each other: each resume is a piece of Go's stack.
	maxNested = 190
	// collectEvery is how many refusals lie between two forced collections, so that a script that goes on
	// asking does not keep the collector busy.
	collectEvery = 100
)

// machinery is the chunk name of the function below; tracebacks leave it out.
const machinery = "[coroutine]"

// body is written in Lua because a Go function cannot be a coroutine's body.
var body = mustCompile("local f = ... return function(...) return f(...) end")

func mustCompile(source string) *lua.FunctionProto {
	proto, err := compile(nil, []byte(source), machinery)
	if err != nil {
		panic(err)
	}
	return proto
}

func (s *state) openCoroutine(L *lua.LState) {
	upstream(L, lua.OpenCoroutine)
	theirs := L.GetGlobal("coroutine").(*lua.LTable)
	s.upstreamResume = theirs.RawGetString("resume").(*lua.LFunction).GFunction
	mod := L.CreateTable(0, 8)
	setFuncs(L, mod, map[string]lua.LGFunction{
		"create": s.coCreate, "wrap": s.coWrap, "resume": s.coResume, "yield": coYield, "status": coStatus,
		"running": coRunning, "isyieldable": coYieldable,
	})
	L.SetGlobal("coroutine", mod)
}

func (s *state) coCreate(L *lua.LState) int {
	return one(L, s.newCoroutine(L))
}

// newCoroutine gives a thread that is not started: it has the frame of its function, which does not run yet.
func (s *state) newCoroutine(L *lua.LState) *lua.LState {
	fn, ok := L.Get(1).(*lua.LFunction)
	if !ok {
		argError(L, 1, "Lua function expected")
	}
	if fn.IsG {
		fn = resultOf(L, L.NewFunctionFromProto(body), fn).(*lua.LFunction)
	}
	if !s.room() {
		L.RaiseError("too many coroutines (%d are alive)", maxCoroutines)
	}
	th := newThread(L, callDepth/8)
	of(th).stack.Push(frame{Fn: fn, LocalBase: 1, NRet: lua.MultRet})
	s.alive = append(s.alive, weak.Make(th))
	return th
}

// room says whether one more coroutine may live. Dead ones are forgotten when the list has doubled; those that are
// suspended and unreachable are known only after a collection.
func (s *state) room() bool {
	if len(s.alive) < s.sweepAt {
		return true
	}
	s.sweep()
	if len(s.alive) >= maxCoroutines {
		if s.refused%collectEvery == 0 {
			runtime.GC()
			s.sweep()
		}
		if len(s.alive) >= maxCoroutines {
			s.refused++
			return false
		}
	}
	s.refused = 0
	s.sweepAt = min(max(64, 2*len(s.alive)), maxCoroutines)
	return true
}

func (s *state) sweep() {
	kept := s.alive[:0]
	for _, p := range s.alive {
		if th := p.Value(); th != nil && !th.Dead {
			kept = append(kept, p)
		}
	}
	clear(s.alive[len(kept):])
	s.alive = kept
}

// status is what a thread is to L. A coroutine that another task is inside of counts as normal.
func status(L, th *lua.LState) string {
	switch {
	case th == L:
		return "running"
	case th.Dead:
		return "dead"
	case th.Parent != nil:
		return "normal"
	}
	return "suspended"
}

// resume runs th, which is L's first argument, until it yields, ends or fails. What it yields or returns is on top of L
// then, n values; if it failed, the error object is.
func (s *state) resume(L, th *lua.LState) (n int, ok bool) {
	if why := refusal(L, th); why != "" {
		L.Push(lua.LString(why))
		return 1, false
	}
	nargs := L.GetTop() - 1
	switch innermost := current(th); {
	case innermost != nil:
		// A call of coroutine.yield waits for its results. gopher-lua hands over as many as there are, whatever the
		// caller expects, and `local a, b = coroutine.yield()` read a nil pointer.
		if nret := innermost.wants(); nret >= 0 && nret != nargs {
			L.SetTop(1 + nret)
		}
	case of(th).stack.IsEmpty():
		// The body has ended with `return coroutine.yield()`: what it is resumed with is what it returns.
		th.Dead = true
		return nargs, true
	}
	// A coroutine may be handed from task to task: it runs with the flag of the task that resumes it.
	if ctx := L.Context(); th.Context() != ctx {
		setContext(th, ctx)
	}
	if current(th) == nil {
		// gopher-lua gives a coroutine that starts another Panic, the last thing before its loop.
		loop := of(th).mainLoop
		of(th).mainLoop = func(th *lua.LState, base *frame) {
			th.Panic, of(th).mainLoop = raise, loop
			loop(th, base)
		}
	}
	L.G.CurrentThread = L // see the package comment: it may be any task's
	n = s.upstreamResume(L)
	if ok, _ := L.Get(-n).(lua.LBool); bool(ok) {
		return n - 1, true
	}
	object := L.Get(-1)
	object = mended(th, object)
	dropUpvalues(th)
	if final(L, object) {
		rethrow(L, object)
	}
	L.Push(object)
	return 1, false
}

// checkThread gives argument 1.
func checkThread(L *lua.LState) *lua.LState {
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		argError(L, 1, "coroutine expected")
	}
	return th
}

// refusal says why th cannot be resumed by L; empty: it can.
func refusal(L, th *lua.LState) string {
	if st := status(L, th); st != "suspended" {
		return "cannot resume " + st + " coroutine"
	}
	nested := 1
	for p := L; p != nil; p = p.Parent {
		nested++
	}
	if nested > maxNested {
		return placeBefore(L, 0) + "too many coroutines inside each other"
	}
	return ""
}

func (s *state) coResume(L *lua.LState) int {
	n, ok := s.resume(L, checkThread(L))
	L.Insert(lua.LBool(ok), L.GetTop()-n+1)
	return n + 1
}

func (s *state) coWrap(L *lua.LState) int {
	th := s.newCoroutine(L)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		L.Insert(th, 1)
		over := status(L, th) != "suspended"
		n, ok := s.resume(L, th)
		if over { // as with error(), the place is the caller's; coroutine.resume gives the message alone
			rethrow(L, lua.LString(placeBefore(L, 0)+L.ToString(-1)))
		}
		if !ok {
			rethrow(L, L.Get(-1))
		}
		return n
	}))
	return 1
}

// coYield leaves the values to yield where they are: gopher-lua moves the stack of a function that returns -1.
func coYield(L *lua.LState) int {
	if L.Parent == nil {
		rethrow(L, lua.LString(placeBefore(L, 0)+"attempt to yield from outside a coroutine"))
	}
	if crossesGo(L) {
		rethrow(L, lua.LString(placeBefore(L, 0)+"attempt to yield across metamethod/C-call boundary"))
	}
	return -1
}

func coStatus(L *lua.LState) int {
	return one(L, lua.LString(status(L, checkThread(L))))
}

func coRunning(L *lua.LState) int {
	if L.Parent == nil {
		L.Push(lua.LNil)
	} else {
		L.Push(L)
	}
	return 1
}

func coYieldable(L *lua.LState) int {
	return one(L, lua.LBool(L.Parent != nil && !crossesGo(L)))
}
