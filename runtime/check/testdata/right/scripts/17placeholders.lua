local _, minute = hik.date("%H:%M"):match("(%d+):(%d+)")
local ok, _ = pcall(error, "x")
local _unused = "kept for later"
for _ = 1, 3 do print("tick", minute, ok) end
for _, _ in pairs({}) do break end
local function ignore(_, second) return second end
print(ignore(1, 2))
