-- Something moves at the door: the dome looks there, takes a burst of pictures
-- and goes home.

local door = hik.device("door"):channel("entrance")
local dome = hik.device("gate"):channel("yard")
local vars = hik.vars

local function burst(event)
  local folder = "alarms/" .. hik.date("%Y-%m-%d/%H-%M-%S", event.time)
  door:snapshot():save(folder .. "/door.jpg") -- at once, while the dome turns
  dome:preset(vars.look, {wait = true})
  for n = 1, vars.pictures do
    dome:snapshot():save(("%s/dome-%d.jpg"):format(folder, n))
    if n < vars.pictures then hik.sleep(vars.pause) end
  end
  return folder
end

-- While this goes on, further motion does not start it anew: overlap is "skip".
door:on("motion", {name = "somebody at the door", between = vars.hours, timeout = "2m"}, function(event)
  hik.finally(function()
    local folder = dome:exclusive({timeout = "10s"}, function() return burst(event) end)
    print("pictures in data/" .. folder)
  end, function() dome:preset(vars.home) end) -- also when the burst fails half-way, or takes too long
end)

-- Silence may mean that nothing moves, or that nothing is known.
door.device:on("stale", function()
  hik.log.warn("the door is not watched")
end)
