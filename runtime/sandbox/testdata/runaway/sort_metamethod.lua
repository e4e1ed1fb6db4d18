local m = {__lt = function() while true do end end} --HERE
table.sort({setmetatable({}, m), setmetatable({}, m)})
