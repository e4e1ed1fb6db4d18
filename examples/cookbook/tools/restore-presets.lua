-- Sets the presets that recipes/preset-backup.lua has kept:
--   hiklua exec --site SITE tools/restore-presets.lua
local yard = hik.device("gate"):channel("yard")
local there = {}
for _, p in ipairs(yard:presets()) do there[p.id] = p.name end

for _, p in ipairs(hik.json.decode(hik.file.read("presets/gate.json"))) do
  if there[p.id] ~= p.name and p.pan then
    yard:ptz_absolute({pan = p.pan, tilt = p.tilt, zoom = p.zoom})
    hik.sleep("10s") -- until it is there
    yard:set_preset(p.id, p.name)
    print("set " .. p.id .. " " .. p.name)
  end
end
