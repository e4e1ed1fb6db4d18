require "luacheck.filter"
local check = require "luacheck.check"
local report = check("local x = 1\nlocal function f(a) y = a end\nfor i = 1, 2 do local z end\nif x then end return f")
for _, w in ipairs(report.warnings) do print(w.code, w.line, w.column, w.name) end
print(check("local = 1").warnings[1].code, require "luacheck.vendor.sha1".sha1 and require "luacheck.vendor.sha1".sha1("gate"))
require "luacheck.lexer" print(require "luacheck.utils".split("a b")[2], require "luacheck.format".get_message{code = "111", name = "y"})
