local function loop() while true do local ok = pcall(loop) if ok then return end end end --HERE
loop() --HERE
