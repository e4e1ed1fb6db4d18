local cams = {}
for _, ch in ipairs({"hall", "door", "ramp"}) do cams[#cams + 1] = hik.device("nvr"):channel(ch) end

hik.cron("*/15 * * * *", function()
  local pictures = hik.parallel(cams, function(cam, i)
    hik.sleep(i)
    return cam:snapshot{quality = 60}
  end, {limit = 2})
  local bytes = 0
  for _, p in ipairs(pictures) do bytes = bytes + p.size end
  local task = hik.spawn(function(n) return n / 1024 end, bytes)
  print(task:wait(), "KB")
end)
