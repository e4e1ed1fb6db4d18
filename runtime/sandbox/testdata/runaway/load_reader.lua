while true do load(function() return "x = 1\n" end) end --HERE
