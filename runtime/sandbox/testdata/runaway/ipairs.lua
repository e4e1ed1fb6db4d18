while true do for i, v in ipairs{1, 2, 3} do end end --HERE
