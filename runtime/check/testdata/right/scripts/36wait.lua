-- Waiting for events inside a task.
local yard = hik.device("gate"):channel("yard")
hik.spawn(function()
  repeat
    local ev = yard:wait("motion", {timeout = "1m"})
    local quiet = ev == nil
    if not quiet then
      local pic = yard:snapshot()
      pic:save("wait/" .. ev.time .. ".jpg")
    end
  until quiet
end)
local task = hik.spawn(hik.sleep, 5)
hik.after("3s", function() if not task.done then task:cancel() end end)
