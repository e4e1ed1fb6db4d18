-- hik.pose: where a head looks, and whether somebody has moved it.
--
--   local pose = require "hik.pose"
--   local before = pose.of(yard)  -- {pan, tilt, zoom}; nil: the head does not tell, or not now
--   hik.sleep("10s")
--   if before and pose.differs(before, pose.of(yard) or before) then print("moved") end
local hik = require "hik"
local fatal = require "hik.fatal"

local pose = {}

-- A head that is further off than this was moved: degrees, and zoom factor.
local DRIFT, ZOOM_DRIFT = 1, 0.5

-- Seconds between two looks.
pose.LOOK = 2

function pose.of(ch)
  local ok, found = pcall(ch.ptz_status, ch)
  if ok then return found end
  if fatal(found) then error(found, 0) end
end

function pose.differs(a, b)
  local function off(axis) return math.abs((a[axis] or 0) - (b[axis] or 0)) end
  local pan = off("pan") % 360
  return math.min(pan, 360 - pan) > DRIFT or off("tilt") > DRIFT or off("zoom") > ZOOM_DRIFT
end

-- moves looks twice, and tells where the head is if it moves in between; nil: it
-- rests, or does not tell.
function pose.moves(ch)
  local before = pose.of(ch)
  hik.sleep(pose.LOOK)
  local now = before and pose.of(ch)
  return now and pose.differs(before, now) and now or nil
end

-- rest waits until the head has rested for so many seconds, and tells where it does.
-- It ends earlier where over() is true or the head tells no more.
function pose.rest(ch, pause, at, over)
  local since = hik.now()
  while hik.now() - since < pause and not over() do
    hik.sleep(pose.LOOK)
    local now = pose.of(ch)
    if not now then break end
    if pose.differs(at, now) then
      at, since = now, hik.now()
    end
  end
  return at
end

return pose
