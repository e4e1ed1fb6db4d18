while true do end --HERE
