local deep, long = "x = " .. ("{"):rep(900000), "x = y" .. ("..y"):rep(300000) while true do load(deep) load(long) end --HERE
