-- Between the set times: who comes to the door at night.

local entrance = hik.device("door"):channel("entrance")

entrance:on("motion", {between = "20:00-06:00"}, function(event)
  entrance:snapshot():archive{label = "alarm", event = event}
end)
