-- Somebody crosses the line at the door: the dome looks there for as long as
-- they come, and goes back a minute after the last one.
local entrance = hik.device("door"):channel("entrance")
local yard = hik.device("gate"):channel("yard")
local back

entrance:on("line_crossing", {name = "follow", overlap = "queue"}, function()
  if back then back:stop() else yard:preset("door") end
  back = hik.after("1m", {name = "back"}, function()
    back = nil
    yard:preset("overview")
  end)
end)
