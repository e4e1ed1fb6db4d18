local co = coroutine.create(function()
  while true do end --HERE
end)
while true do coroutine.resume(co) end --HERE
