-- Counts failures per device with one table of closures each.
local watch = {}
local function watcher(name)
  local fails, since = 0, nil
  local self = {}
  function self.failed() fails = fails + 1 since = since or hik.now() end
  function self.worked()
    if fails > 0 then print(name, fails, hik.now() - since) end
    fails, since = 0, nil
  end
  return self
end
for _, d in ipairs(hik.devices()) do watch[d.name] = watcher(d.name) end
hik.every("1m", {overlap = "queue"}, function()
  for _, d in ipairs(hik.devices()) do
    local w = watch[d.name]
    local ok = pcall(d.info, d)
    if ok then w.worked() else w.failed() end
  end
end)
