// Package luaapi is the hik module: it turns Lua values into calls of the
// host and of isapi, and their results into Lua values, one file per noun of
// the module. It declares the small interfaces that it needs of a host and
// knows nothing of how the host runs scripts.
package luaapi
