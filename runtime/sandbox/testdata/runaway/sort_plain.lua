local t = {}
for i = 1, 300000 do t[i] = (i * 7919) % 300007 end --HERE
while true do for i = 1, #t do t[i] = (t[i] * 31) % 300007 end table.sort(t) end --HERE
