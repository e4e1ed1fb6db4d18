-- As people wrote it for Lua 5.1: table.getn's successor, module-like tables, string calls by library.
local P = {}
local modname = ...
P._NAME = modname
P.version = "1.0"
local format, insert = string.format, table.insert
local pairs = pairs
function P.dump(t)
  local out = {}
  for k, v in pairs(t) do insert(out, format("%s=%s", tostring(k), tostring(v))) end
  return table.concat(out, "\n")
end
print(P.dump(P), string.len("abc"), string.sub("abcdef", 2, -2), os.date("%Y", os.time()), os.getenv("HOME") ~= nil)
local f = assert(loadstring("return 1 + ..."))
print(f(2), pcall(loadstring("error('x')")))
