local t = setmetatable({}, {__index = function() while true do end end}) --HERE
return t.x
