-- Globals by accident.
local yard, gate = hik.device("gate"):channel("yard"), hik.device("gate")
local retries, limit, names = 0, 3, {}
local moving

local function look(preset)
  started = hik.now() --?
  yard:preset(preset, {wait = true})
  return hik.now() - started
end

local function pictures(list)
  paths = {} --?
  for i, preset in ipairs(list) do
    look(preset)
    paths[i] = yard:snapshot():save(preset .. ".jpg")
  end
  return paths
end

hik.every("1m", function(run)
  retires = retries + 1 --?
  movign = true --?
  if retries > limit then reason = "too many" hik.log.warn(reason) end --?
  ok, err = pcall(look, 1) --?
  if not ok then print(err) end
  for _, name in ipairs(names) do
    upper = name:upper() --?
    print(upper)
  end
  while retries < limit do
    try = retries + 1 --?
    print(try, run.late)
    retries = retries + 1
  end
  local picture = function() shot = gate:snapshot(1) return shot end --?
  print(picture().size, pictures{1, 2})
end)

yard:on("motion", function(ev)
  label = ev.type .. " " .. (ev.target or "") --?
  yard:snapshot():archive{label = label}
  count = 0 --?
  for i = 1, 3 do count = count + i end
  hik.log.info("seen", {count = count})
  width, height = 640, 360 --?
  yard:snapshot{width = width, height = height}:save("small.jpg")
  done = true --?
end)

hik.on_stop(function()
  message = ("stopped after %d"):format(retries) --?
  print(message, moving)
  local function inner() depth = 1 return depth end --?
  inner()
end)

limti = 5 --?
