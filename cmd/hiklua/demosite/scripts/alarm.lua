-- Something moves at the door: a picture of it, and the yard's dome looks there.

local pictures = require "pictures"
local door = hik.device("door"):channel("front")
local yard = hik.device("nvr"):channel("yard")
local preset, home = 2, 1

door:on("motion", {name = "visitor"}, function(event)
  print(event.type .. " at the door")
  pictures.keep(door, "alarm")
  yard:exclusive(function() -- after the sweep, if that has the head
    yard:preset(preset)
    hik.sleep(2)
    pictures.keep(yard, "alarm")
    yard:preset(home)
  end)
end)
