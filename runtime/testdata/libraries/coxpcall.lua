local c = require "coxpcall"
local co = coroutine.wrap(function()
  print(c.pcall(function() local got = coroutine.yield("out") error({got}) end) == false)
  print(c.xpcall(function() coroutine.yield("again") error("bad", 0) end, function(e) return "handled " .. e end))
end)
print(co()) print(co("in"))
