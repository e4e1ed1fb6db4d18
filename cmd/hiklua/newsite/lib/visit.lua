-- A module: scripts get it by require "visit".

-- Turns the head to a preset, waits until it has arrived, and saves a picture
-- below data/. Returns the name of the file.
return function(channel, preset)
  channel:preset(preset, {wait = true})
  local picture = channel:snapshot()
  local name = ("pictures/%s/%s-preset-%s.jpg"):format(channel.name, hik.date("%Y-%m-%d/%H-%M-%S"), preset)
  picture:save(name)
  return "data/" .. name
end
