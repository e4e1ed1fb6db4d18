local mp = require "MessagePack"
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
print(hex(mp.pack({1, -1, 300, true, "x"})), hex(mp.pack(0.5)), hex(mp.pack(2 ^ 33)), hex(mp.pack({a = false})))
local t = mp.unpack(mp.pack({deep = {1, 2, {x = "y"}}, n = -70000}))
print(t.deep[3].x, t.n, mp.unpack(mp.pack(1.25)), mp.unpack(mp.pack(("z"):rep(300))) == ("z"):rep(300))
for _, v in mp.unpacker(mp.pack(1) .. mp.pack("two")) do print(v) end
