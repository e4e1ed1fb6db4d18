-- The archive looks through its pictures ("watch" in site.yaml). A camera that
-- shows the same picture for ever, or nothing but black, is told once.
for _, fault in ipairs{"frozen", "dark"} do
  hik.device("door"):on(fault, {name = fault}, function(event)
    hik.log.error("the entrance shows no good picture", {fault = event.type})
  end)
end

hik.every("10m", {name = "entrance"}, function()
  hik.snapshot("door", "entrance"):archive()
end)
