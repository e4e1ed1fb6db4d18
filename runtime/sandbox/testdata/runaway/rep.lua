while true do ("x"):rep(1e7) end --HERE
