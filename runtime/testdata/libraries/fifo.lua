local fifo = require "fifo"
local f = fifo(1, 2)
f:push("three")
print(f:length(), f:peek(), f:pop(), f:pop(), f:pop())
f:setempty(function() return "empty" end)
print(f:pop())
