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

// machinery is the chunk name of the few functions below; tracebacks leave it out.
const machinery = "[coroutine]"

// yielding and body are written in Lua because a Go function that yields must not be tail-called, gets its results
// unfilled (`local a, b = coroutine.yield()` read a nil pointer), and cannot be a coroutine's body.
var (
	yielding = mustCompile("local raw, pass = ... return function(...) return pass(raw(...)) end")
	passing  = mustCompile("return function(...) return ... end")
	body     = mustCompile("local f = ... return function(...) return f(...) end")
)

func mustCompile(source string) *lua.FunctionProto {
	proto, err := compile([]byte(source), machinery, len(source))
	if err != nil {
		panic(err)
	}
	return proto
}

// made runs one of the chunks above and gives the function it makes.
func made(L *lua.LState, proto *lua.FunctionProto, args ...lua.LValue) *lua.LFunction {
	L.Push(L.NewFunctionFromProto(proto))
	for _, a := range args {
		L.Push(a)
	}
	L.Call(len(args), 1)
	fn := L.CheckFunction(-1)
	L.Pop(1)
	return fn
}

func (s *state) openCoroutine(L *lua.LState) {
	mod := L.CreateTable(0, 16)
	setFuncs(L, mod, map[string]lua.LGFunction{
		"create": s.coCreate, "wrap": s.coWrap, "resume": coResume, "status": coStatus,
		"running": coRunning, "isyieldable": coYieldable,
	})
	mod.RawSetString("yield", made(L, yielding, L.NewFunction(coYield), made(L, passing)))
	L.SetGlobal("coroutine", mod)
}

func (s *state) coCreate(L *lua.LState) int {
	L.Push(s.newCoroutine(L))
	return 1
}

// newCoroutine gives a thread that is not started, with its function as the only thing on its stack.
func (s *state) newCoroutine(L *lua.LState) *lua.LState {
	fn := L.CheckFunction(1)
	if fn.IsG {
		fn = made(L, body, fn)
	}
	if !s.room() {
		L.RaiseError("too many coroutines (%d are alive)", s.MaxCoroutines)
	}
	// Without a context and with a small stack only while the thread is made: gopher-lua copies the options, and would
	// make a context of the standard library around ours.
	ctx, size := L.Context(), L.Options.CallStackSize
	if ctx != nil {
		L.RemoveContext()
	}
	L.Options.CallStackSize = s.coroutineDepth()
	th, _ := L.NewThread()
	L.Options.CallStackSize = size
	if ctx != nil {
		L.SetContext(ctx)
	}
	th.Push(fn)
	s.alive = append(s.alive, weak.Make(th))
	return th
}

func (s *state) coroutineDepth() int { return min(s.CallDepth, max(200, s.CallDepth/8)) }

// room says whether one more coroutine may live. Dead ones are forgotten when the list has doubled; those that are
// suspended and unreachable are known only after a collection.
func (s *state) room() bool {
	if len(s.alive) < s.sweepAt {
		return true
	}
	s.sweep()
	if len(s.alive) >= s.MaxCoroutines {
		if s.refused%collectEvery == 0 {
			runtime.GC()
			s.sweep()
		}
		if len(s.alive) >= s.MaxCoroutines {
			s.refused++
			return false
		}
	}
	s.refused = 0
	s.sweepAt = min(max(64, 2*len(s.alive)), s.MaxCoroutines)
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

// resume runs th until it yields, ends or fails with the returned error object.
func resume(L, th *lua.LState, args []lua.LValue) ([]lua.LValue, lua.LValue) {
	if st := status(L, th); st != "suspended" {
		return nil, lua.LString("cannot resume " + st + " coroutine")
	}
	nested := 1
	for p := L; p != nil; p = p.Parent {
		nested++
	}
	if nested > maxNested {
		return nil, lua.LString(placeBefore(L, 0) + "too many coroutines inside each other")
	}
	if depth(L) >= L.Options.CallStackSize-spareFrames {
		return nil, lua.LString(placeBefore(L, 0) + "stack overflow")
	}
	var fn *lua.LFunction
	if current(th) == nil {
		fn, _ = th.Get(1).(*lua.LFunction)
		if fn == nil { // a task's thread, not one of ours
			return nil, lua.LString("cannot resume running coroutine")
		}
	}
	// A coroutine may be handed from task to task: it runs with the flag of whoever resumes it.
	if ctx := L.Context(); ctx != nil {
		th.SetContext(ctx)
	} else if th.Context() != nil {
		th.RemoveContext()
	}
	L.G.CurrentThread = L // see the package comment: it may be any task's
	_, err, results := L.Resume(th, fn, args...)
	if err == nil {
		return results, nil
	}
	object := lua.LValue(lua.LString(err.Error()))
	if api, ok := err.(*lua.ApiError); ok {
		object = api.Object
	}
	if object == lua.LString(overflow) {
		object = lua.LString(placeBefore(th, 0) + "stack overflow")
	}
	object = mended(th, object)
	dropUpvalues(th)
	if final(L, object) {
		rethrow(L, object)
	}
	return nil, object
}

func arguments(L *lua.LState, from int) []lua.LValue {
	args := make([]lua.LValue, 0, max(0, L.GetTop()-from+1))
	for i := from; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	return args
}

func push(L *lua.LState, values []lua.LValue) int {
	reserve(L, len(values))
	for _, v := range values {
		L.Push(v)
	}
	return len(values)
}

func coResume(L *lua.LState) int {
	results, failed := resume(L, L.CheckThread(1), arguments(L, 2))
	if failed != nil {
		L.Push(lua.LFalse)
		L.Push(failed)
		return 2
	}
	L.Push(lua.LTrue)
	return 1 + push(L, results)
}

func (s *state) coWrap(L *lua.LState) int {
	th := s.newCoroutine(L)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		results, failed := resume(L, th, arguments(L, 1))
		if failed != nil {
			rethrow(L, failed)
		}
		return push(L, results)
	}))
	return 1
}

// coYield is below the Lua function that scripts call, so the culprit is two calls out.
func coYield(L *lua.LState) int {
	if L.Parent == nil {
		rethrow(L, lua.LString(placeBefore(L, 2)+"attempt to yield from outside a coroutine"))
	}
	if crossesGo(L) {
		rethrow(L, lua.LString(placeBefore(L, 2)+"attempt to yield across metamethod/C-call boundary"))
	}
	return L.Yield(arguments(L, 1)...)
}

func coStatus(L *lua.LState) int {
	L.Push(lua.LString(status(L, L.CheckThread(1))))
	return 1
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
	L.Push(lua.LBool(L.Parent != nil && !crossesGo(L)))
	return 1
}
