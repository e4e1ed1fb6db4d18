xpcall(error, function()
  while true do end --HERE
end)
