require "cgilua.readuntil"
local url, mime, lp = require "cgilua.urlcode", require "cgilua.mime", require "cgilua.lp"
print(url.escape("a b&c/ä"), url.unescape("a+b%26c"), url.encodetable{dwell = 5})
local args = {} url.parsequery("a=1&b=x+y&a=2", args) print(args.b, args.a[1], args.a[2])
print(mime.jpg, mime.xml)
local lines = {} require "cgilua.serialize".serialize({1, {a = "b"}}, function(s) lines[#lines + 1] = s end) print((table.concat(lines):gsub("%s+", " ")))
lp.setoutfunc "print" print(lp.translate("x <%= 1 + 1 %> y"))
