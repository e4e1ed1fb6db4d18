// Package sandbox makes gopher-lua states whose scripts cannot run away with the host.
//
// [New] gives a state with the libraries that scripts may use, [Load] turns source into a function, [Call] runs one
// and tells what went wrong as a [Fault]. A [Flag] is the context of one task: it ends everything that runs with it,
// in Lua or inside a library function, within milliseconds of [Flag.Stop].
//
// # Who owns what
//
// A state and everything reached from it belong to whoever holds the script's lock; nothing here locks. The only
// thing that other goroutines may touch is a Flag. A task is a thread of the state (LState.NewThread) with a Flag of
// its own set by LState.SetContext:
//
//	th, cancel := L.NewThread() // cancel is nil: the state itself has no context
//	th.SetContext(sandbox.NewFlag(ctx))
//	results, err := sandbox.Call(th, fn, lua.MultRet)
//
// Several threads of one state may be between two calls into the host at the same time, as long as one runs at a
// time. LState.G.CurrentThread, which gopher-lua's own coroutine library relies on, means nothing then; the library
// here does not read it.
//
// # What is bounded
//
// Running time, by the flag: loops, coroutines, callbacks of sort and gsub, patterns, sorting. Recursion, by frames
// (Options.CallDepth) and by coroutines inside coroutines. The number of live coroutines. The size of one string that
// a library function makes, the size of a source file and how deep it nests.
//
// What cannot be bounded from outside gopher-lua: the memory of a script. `s = s .. s` and a table that grows are
// watched by the host with [Heap], which is the memory of the whole process. One single instruction is not interrupted:
// a concatenation, or setting an element far beyond the end of a list, which fills the gap.
//
// # Faults of gopher-lua 1.1.2 that are mended here
//
// An error caught by pcall split every local shared with a closure in two; `for k, v in next, t` started anywhere;
// `for x in f().g()` failed; a yield across pcall, or one that was resumed with fewer values than expected, ended in a nil
// dereference; table.sort(t, nil), os.date(nil), string.find with an init behind the end. Each has a test.
package sandbox
