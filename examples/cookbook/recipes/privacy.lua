-- While people work, the dome looks away, and is turned back when somebody
-- moves it. In the evening it looks at the yard again.
local yard = hik.device("gate"):channel("yard")

hik.at("08:00", {name = "look away", days = "mon-fri"}, function() yard:preset("tower") end)
hik.at("18:00", {name = "look again", days = "mon-fri"}, function() yard:preset("overview") end)

yard:on("moved", {name = "no peeping", between = hik.vars.open, days = "mon-fri", overlap = "queue"}, function()
  hik.log.warn("the head was moved in working hours")
  yard:preset("tower")
end)
