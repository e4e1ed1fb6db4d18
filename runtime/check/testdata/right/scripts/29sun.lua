local sun = hik.sun()
local rise = sun.sunrise and hik.date("%H:%M", sun.sunrise) or "none"
print("sunrise", rise, sun.up)
hik.at("sunset-15m", function() hik.device("roof"):aux(1, "light", true) end)
hik.at("sunrise+15m", function() hik.device("roof"):aux(1, "light", false) end)
