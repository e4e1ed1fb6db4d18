local list = {}
while true do pcall(function() list[#list + 1] = coroutine.create(print) end) end --HERE
