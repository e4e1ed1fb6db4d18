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
// and by coroutines inside coroutines. The number of live coroutines. The size of one string that
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
// table.sort(t, nil) and os.date(nil) raised; the sign of a zero was lost, % was that of C, # asked tables for __len; a metamethod had to
// be a function, and __unm got its operand once; ipairs asked for __index. Each has a test.
//
// The compiler gave other values than Lua 5.1, and an instruction cannot be mended when it is wrong: so the syntax tree is
// rewritten before (repair), where it is not safe as it is.
//
//   - `a, b = b, a`, and whatever else has several targets (assignment.go);
//   - `x = (x or y) and x`, `x = f() and 1`, `x = (f(x))` where x is a local (assignment.go, condition.go);
//   - a loop, or a label, whose code begins with a jump, as that of `if false` or `true or x` (condition.go, block.go);
//   - break out of blocks with captured locals, and goto, which closed all of them (block.go);
//   - `for x in f().g()` and `for k, v in next, t` (block.go);
//   - lists of 50, 100, ... items with a key or a call behind them, a key with a call at the end of a list, and lists of more than
//     25,550 items (constructor.go);
//   - `local f = function() return f end`, where the inner f is another one (repair.go);
//   - `arg` in a function that is called last (repair.go).
//
// A call whose ( begins a line is refused, as by Lua 5.1, which takes it for a statement that lacks a semicolon before.
// What the compiler would cut off without a word is refused: a function with loops and more than 131,071 instructions, or with
// more than 255 variables of the functions around it.
//
// # What errors say
//
// Errors of the interpreter did not tell which variable was nil, and those of the parser little more than a line. worded
// finds the name from the instructions when an error is raised, as Lua's own does; nothing is done before. explain reads a
// source again that did not load. testdata/errors.txt and testdata/syntax.txt have what each says.
//
// # Faults that stay
//
// Powers differ from C's in the last of 14 digits here and there. next does not tell a key that was never in the table.
// A pattern may have zeros in it, %s takes any value, string.rep a separator, tonumber("-7", 8) is negative, pairs asks __pairs:
// as in later versions of Lua. An error in the handler of xpcall is what xpcall gives; an error that passes coroutine.wrap
// gets no second place. An expression over several lines has the line on which it begins.
//
// A function has 200 registers, where Lua has 250, for its locals and what it computes with them. 0 and -0 are one constant of a
// function, whichever is written first. A
// table remembers every string key it ever had: one used as a queue with ever new keys grows for ever, so
// long-lived scripts use numbers from 1 or make a new table. # and the table functions see the first four million
// elements. Weak tables and __gc do nothing.
package sandbox
