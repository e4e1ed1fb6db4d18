-- keep.all takes a picture of each camera and files it as
-- data/FOLDER/DEVICE/CHANNEL/DATE/TIME.jpg.
--
--   local keep = require "keep"
--   keep.all({door:channel("entrance")}, "archive")
--
-- A camera that fails costs its own picture and nothing else. It is reported
-- when it begins to fail and when it is back, not every quarter of an hour.

local retry = require "hik.retry"

local keep = {}

local failing = {} -- by camera: since when

local function report(camera, problem)
  local name = tostring(camera)
  if problem and not failing[name] then
    failing[name] = hik.now()
    hik.log.warn("no picture of " .. name .. ": " .. tostring(problem))
  elseif failing[name] and not problem then
    hik.log.info(("%s is back: no pictures since %s"):format(name, hik.date("%d %b %H:%M", failing[name])))
    failing[name] = nil
  end
end

-- Returns how many pictures were kept.
function keep.all(cameras, folder)
  local kept = 0
  hik.parallel(cameras, function(camera)
    local ok, problem = pcall(function()
      -- A device that is busy or off may be back a moment later.
      local picture = retry(function() return camera:snapshot() end, {times = 3, pause = "10s"})
      picture:save(("%s/%s/%s/%s.jpg"):format(folder, camera.device.name, camera.name,
        hik.date("%Y-%m-%d/%H-%M-%S", picture.time)))
    end)
    if ok then kept = kept + 1 end
    report(camera, not ok and problem or nil)
  end, {limit = hik.vars.at_once})
  return kept
end

return keep
