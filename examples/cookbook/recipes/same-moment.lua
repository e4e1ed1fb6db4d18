-- All cameras at one moment: pictures whose times differ by less than a second,
-- in one folder. A camera that is off does not hold up the others.
local cameras = {
  {"gate", "yard"}, {"door", "entrance"}, {"nvr", "ramp"}, {"nvr", "store"},
}

hik.cron("0 */6 * * *", {name = "same moment"}, function(run)
  local folder = "moments/" .. hik.date("%Y-%m-%d_%H-%M", run.scheduled)
  hik.parallel(cameras, function(camera)
    local ok, result = pcall(hik.snapshot, camera[1], camera[2])
    if ok then
      result:save(("%s/%s-%s.jpg"):format(folder, camera[1], camera[2]))
    else
      hik.log.warn("no picture of " .. camera[1], {why = result.message})
    end
  end)
end)
