// Package sandbox makes gopher-lua states whose scripts cannot run away with the host.
//
// [New] gives a state with the libraries that scripts may use, [Load] turns source into a function, [Call] runs one
// and tells what went wrong as a [Fault]. A [Flag] is the context of one task: it ends everything that runs with it,
// in Lua or inside a library function, within milliseconds of [Flag.Stop].
//
// # Who owns what
//
// A state and everything reached from it belong to the holder of the script's lock; nothing here locks. The only
// thing that other goroutines may touch is a Flag. A task is a thread of the state with a Flag of its own:
//
//	th := sandbox.NewThread(L, sandbox.NewFlag(ctx))
//	results, err := sandbox.Call(th, fn, lua.MultRet)
//
// Several threads of one state may be between two calls into the host at the same time, as long as one runs at a
// time. LState.G.CurrentThread, which gopher-lua's own coroutine library relies on, means nothing then; the library
// here does not read it.
//
// # What is bounded
//
// Running time, by the flag: loops, coroutines, callbacks of sort and gsub, patterns, sorting, reading a chunk. Recursion, by frames
// (Options.CallDepth) and by coroutines inside coroutines. The number of live coroutines. The size of one string that
// a library function or a concatenation makes, the size of a source file, how deep it nests and how many constants it has.
//
// What cannot be bounded from outside gopher-lua: the memory of a script. A table that grows is watched by the host with
// [Heap], which is the memory of the whole process. One single instruction is not interrupted: a concatenation of 64 MB, or
// setting an element far beyond the end of a list, which fills the gap.
//
// # Faults of gopher-lua 1.1.2 that are mended here
//
// An error caught by pcall split every local shared with a closure in two, and kept the ones of xpcall open; `for k, v in
// next, t` began anywhere; `for x in f().g()` failed; a yield across pcall, one that was resumed with fewer values than
// were expected, one that was tail-called, and a Go function as a coroutine's body ended in a nil dereference or started
// over; error's level 2 named level 1; pcall took milliseconds on a deep stack; gsub was quadratic; math.random(0) and
// string.find with an init beyond the end panicked; tonumber("1e3") was nil; table.remove after t[#t] = nil removed nothing;
// table.sort(t, nil) and os.date(nil) raised. Each has a test.
//
// # Faults that stay
//
// Arithmetic on strings reads "010" as eight. Numbers print with 17 digits, infinity as +Inf, with tostring as with `..`. A
// table remembers every string key it ever had: one used as a queue with ever new keys grows for ever, so
// long-lived scripts use numbers from 1 or make a new table. # and the table functions see the first four million
// elements. Weak tables and __gc do nothing.
package sandbox
