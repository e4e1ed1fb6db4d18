local t = {}
for i = 1, 300000 do t[i] = (i * 7919) % 300007 end --HERE
while true do table.sort(t, function(a, b) return a < b end) end --HERE
