-- The presets of the dome with their positions, once a week, so that they can be
-- set again after a repair: tools/restore-presets.lua.
local yard = hik.device("gate"):channel("yard")

hik.cron("30 2 * * mon", {name = "presets"}, function()
  local list = hik.json.array()
  for _, p in ipairs(yard:presets()) do
    table.insert(list, {id = p.id, name = p.name, pan = p.pan, tilt = p.tilt, zoom = p.zoom})
  end
  hik.file.write("presets/gate.json", hik.json.encode(list, {indent = true}))
end)
