-- Keeps where a head looks now as a preset, and shows the list:
--
--   hiklua exec tools/name-preset.lua gate 9 "bicycle rack"

local device, id, name = arg[1], tonumber(arg[2]), arg[3]
if not (device and id and name) then
  error("name-preset.lua DEVICE NUMBER NAME", 0)
end

local camera = hik.device(device):channel()
camera:set_preset(id, name)
for _, preset in ipairs(camera:presets()) do
  print(preset.id, preset.name)
end
