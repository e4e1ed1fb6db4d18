-- of lua-json what writes; its reader wants lpeg, which is written in C
local encode = require "json.encode"
print(encode{1, 2, {3}}, encode{name = "gate"}, encode("a\n\"b\""), encode(0.5), encode(true), encode({}))
print(pcall(encode, print) == false, (pcall(require, "json.decode")))
