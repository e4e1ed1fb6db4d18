while true do --HERE
  pcall(function() while true do end end) --HERE
end
