local heap = require "binaryheap"
local h = heap.minUnique()
for name, at in pairs{night = 22, dawn = 6, noon = 12} do h:insert(at, name) end
h:update("noon", 1)
print(h:size(), h:peek())
while h:size() > 0 do print(h:pop()) end
