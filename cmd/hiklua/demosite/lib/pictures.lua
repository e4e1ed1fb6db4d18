-- What the scripts share: require "pictures".

local pictures = {}

-- keep takes a picture and saves it as data/FOLDER/DEVICE/CHANNEL/DATE/TIME.jpg.
function pictures.keep(channel, folder)
  local file = channel:snapshot():save(("%s/%s/%s/%s.jpg"):format(
    folder, channel.device.name, channel.name, hik.date("%Y-%m-%d/%H-%M-%S")))
  print(tostring(channel) .. " -> " .. file)
end

return pictures
