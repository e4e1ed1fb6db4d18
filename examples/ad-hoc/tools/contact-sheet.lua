-- A picture of every channel of every device, or of the devices that are named:
--
--   hiklua exec tools/contact-sheet.lua
--   hiklua exec tools/contact-sheet.lua nvr

local devices = {}
for i, name in ipairs(arg) do devices[i] = hik.device(name) end
if #devices == 0 then devices = hik.devices() end

hik.parallel(devices, function(device)
  local ok, problem = pcall(function()
    for _, channel in ipairs(device:channels()) do
      if channel.online == false then
        print(("%s %d %s: offline"):format(device.name, channel.id, channel.name))
      else
        local file = channel:snapshot():save(("sheet/%s-%d.jpg"):format(device.name, channel.id))
        print(("%s %d %s: %s"):format(device.name, channel.id, channel.name, file))
      end
    end
  end)
  if not ok then
    print(device.name .. ": " .. tostring(problem))
  end
end)
