-- The picture of noon under the same name every day, for a web page; that of
-- yesterday is kept beside it.
local entrance = hik.device("door"):channel("entrance")

hik.at("12:00", {name = "picture of the day"}, function()
  local picture = entrance:snapshot()
  if hik.file.exists("web/today.jpg") then hik.file.rename("web/today.jpg", "web/yesterday.jpg") end
  picture:save("web/today.jpg")
end)
