-- A camera behind a radio link: five tries, each pause twice the one before. Only
-- what may pass by itself is tried again, a wrong password never.
local retry = require "hik.retry"
local entrance = hik.device("door"):channel("entrance")

hik.every("15m", {name = "over the link", timeout = "5m"}, function()
  local picture = retry(function() return entrance:snapshot({stream = "sub"}) end, {times = 5, pause = "4s"})
  picture:save("link/" .. hik.date("%H-%M") .. ".jpg")
end)
