-- A picture of every fixed camera in turn, one folder a day.

local pictures = require "pictures"
local door, nvr = hik.device("door"), hik.device("nvr")

local cameras = {
  door:channel("front"),
  nvr:channel("ramp"), nvr:channel("store"), nvr:channel("till"),
}

hik.every(hik.vars.archive, {name = "archive"}, function()
  hik.parallel(cameras, function(camera)
    local ok, problem = pcall(pictures.keep, camera, "archive")
    if not ok then -- the other pictures are taken all the same
      hik.log.warn("no picture of " .. tostring(camera) .. ": " .. tostring(problem))
    end
  end)
end)
