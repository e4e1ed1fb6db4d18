-- luacheck over the Lua of the tree: luacheck .
std = "lua51"
read_globals = {hik = {other_fields = true, fields = {state = {read_only = false, other_fields = true}}}}
max_line_length = false

-- What is no Lua as one would write it:
exclude_files = {
  "runtime/sandbox/testdata",     -- tries the language itself: what is odd, fails, hangs
  "runtime/check/testdata/wrong", -- mistakes, for hiklua check to find
}
-- The stubs are functions without a body.
files["scripts/stubs"] = {ignore = {"111", "112", "113", "121", "122", "131", "212", "241"}}
-- Tests of the module, which have these from Go.
files["luaapi/testdata"] = {globals = {"case", "cases", "equal", "fails", "host", "misuse"}, ignore = {"122", "211/ok", "211/err"}}
-- Libraries that make globals, and scripts that try hiklua check with what other Lua has.
files["runtime/testdata/libraries"] = {ignore = {"1", "212/self"}}
files["runtime/check/testdata/right"] = {ignore = {"1", "211/_.*", "314", "421", "512", "542"}}
