// Package luaapi is the hik module: it turns Lua values into calls of the
// host and of isapi, and their results into Lua values, one file per noun of
// the module. It declares the small interfaces that it needs of a host
// (host.go) and knows nothing of how the host runs scripts.
//
// What scripts see stands in tables of entries (entry.go) and commands
// (command.go). Open makes the module from them, one for each Lua state, and
// API lists them for the checker, the editor stubs and the completion of the
// REPL. Every function goes through bind (bind.go): a Go panic in a binding
// becomes the error of that task, with its Go stack in the log.
//
// Only the holder of a script's lock touches its Lua values. A binding that
// waits converts its arguments first, waits in Task.Wait, and makes Lua values
// of the results after that.
package luaapi
