while true do load("x = 1")() end --HERE
