local f = coroutine.wrap(function() while true do coroutine.yield() end end) --HERE
while true do pcall(f) end --HERE
