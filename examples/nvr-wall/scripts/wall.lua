-- data/wall/ has the last picture of each channel of the recorder, and a page
-- that shows them. data/noticed/ keeps the picture of each event.

local nvr, vars = hik.device("nvr"), hik.vars

local function picture(channel)
  local ok, result = pcall(nvr.snapshot, nvr, channel.id)
  if not ok then
    hik.log.warn("no picture of channel " .. channel.id, {error = tostring(result)})
    return nil
  end
  result:save(("wall/%d.jpg"):format(channel.id))
  return result
end

local function page(channels, why)
  local lines = {
    "<!DOCTYPE html><meta charset=utf-8><meta http-equiv=refresh content=30><title>Wall</title>",
    "<p>" .. hik.date("%H:%M:%S") .. " " .. why,
  }
  for _, channel in ipairs(channels) do
    lines[#lines + 1] = ("<img width=480 src=%d.jpg>"):format(channel.id)
  end
  hik.file.write("wall/index.html", table.concat(lines, "\n") .. "\n")
end

-- wall takes all pictures, two at a time, and returns them by channel.
local function wall(why)
  local online = {}
  for _, channel in ipairs(nvr:channels()) do
    if channel.enabled ~= false and channel.online ~= false then
      online[#online + 1] = channel
    end
  end
  local pictures = hik.parallel(online, picture, {limit = vars.at_once})
  local taken = {}
  for i, channel in ipairs(online) do
    taken[channel.id] = pictures[i]
  end
  page(online, why)
  return taken
end

nvr:on("any", {name = "noticed", timeout = "1m"}, function(event)
  local taken = wall(event.type .. (event.channel and " on channel " .. event.channel or ""))
  local of = taken[event.channel or 0]
  if of then
    of:save(("noticed/%s-%s-%d.jpg"):format(hik.date("%Y-%m-%d/%H-%M-%S", event.time), event.type, event.channel))
  end
end)

hik.every(vars.every, {name = "round", timeout = "5m"}, function() wall("round") end)
