-- When an operator has moved the head and left it, it goes home. "moved" stops
-- when the head has rested for 30 seconds; five minutes more are the operator's.
local yard = hik.device("gate"):channel("yard")
local pending

yard:on("moved", {name = "operator", state = "both", overlap = "queue"}, function(event)
  if pending then pending:stop() end
  pending = nil
  if event.state == "stop" then
    pending = hik.after("5m", {name = "go home"}, function() yard:preset("overview") end)
  end
end)
