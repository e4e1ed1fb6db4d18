for i = 1, 1e9 do ("x"):gsub("", "") end --HERE
