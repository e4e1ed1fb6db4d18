-- The last picture of each input of the recorder that has a camera, on a page
-- that shows itself anew.
local nvr = hik.device("nvr")

hik.every("5m", {name = "wall"}, function()
  local page = {"<!DOCTYPE html><meta charset=utf-8><meta http-equiv=refresh content=60>"}
  for _, channel in ipairs(nvr:channels()) do
    if channel.online ~= false then
      channel:snapshot({stream = "sub"}):save(("wall/%d.jpg"):format(channel.id))
      table.insert(page, ("<img src=%d.jpg alt=%q>"):format(channel.id, channel.name))
    end
  end
  hik.file.write("wall/index.html", table.concat(page, "\n") .. "\n")
end)
