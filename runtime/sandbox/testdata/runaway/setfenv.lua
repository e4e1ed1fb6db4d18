setfenv(function() while true do x = 1 end end, setmetatable({}, {__newindex = function() end}))() --HERE
