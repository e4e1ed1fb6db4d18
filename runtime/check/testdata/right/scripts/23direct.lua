-- Everything by name, without objects.
hik.every("5m", function()
  hik.preset("gate", "yard", 2, {wait = true})
  hik.snapshot("gate", 1):save("direct/" .. hik.date("%H-%M") .. ".jpg")
  hik.ptz_move("roof", {zoom = -20, duration = 2, wait = false})
  for _, ch in ipairs(hik.channels("nvr")) do
    if ch.enabled and ch.online ~= false then print(ch.id, ch.name) end
  end
  for _, d in ipairs(hik.devices()) do print(d.name, d.state) end
end)
