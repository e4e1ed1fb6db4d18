local function handler() while true do xpcall(error, function() error("again") end) end end --HERE
xpcall(error, handler)
