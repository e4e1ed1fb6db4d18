-- What a call gives is used as it is.
local yard = hik.device("gate"):channel("yard")
local jobs = {}

local function down(n)
  return function()
    n = n - 1
    if n >= 0 then return n end
  end
end

hik.cron("0 * * * *", {name = "calls"}, function(run)
  print(pcall(yard.preset, yard, "door"))
  print(pcall(function() return yard:preset("door") end))
  print(xpcall(function() return yard:ptz_status().pan end, debug.traceback))
  print(yard:ptz_stop())
  for _, device in ipairs(hik.devices()) do print(device.name) end
  for n in down(3) do print(n) end
  for word in ("a b"):gmatch("%a+") do print(word) end
  for key, value in pairs(hik.vars) do print(key, value) end
  for key, value in next, {a = 1} do print(key, value) end
  local done = yard:preset("door")
  if done then print("never") end
  jobs[#jobs + 1] = hik.after(60, function() return yard:ptz_home() end)
  local ok, job = pcall(hik.after, 60, print)
  if ok then job:stop() end
  return hik.log.info("over", {late = run.late})
end)
