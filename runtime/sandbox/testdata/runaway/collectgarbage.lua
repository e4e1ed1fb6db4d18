while true do collectgarbage() end --HERE
