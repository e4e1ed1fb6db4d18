-- By day the dome rests. Now and then, at working hours, it looks round once:
-- a slow turn to the right and back home.

local yard = hik.device("gate"):channel("yard")
local vars = hik.vars

hik.every(vars.look, {name = "look round", between = vars.hours, days = vars.days}, function()
  local ok, problem = pcall(function()
    yard:preset(vars.home, {wait = true})
    yard:ptz_pan_tilt(20, 0, {duration = "12s"}) -- a fifth of full speed; hiklua stops the head
    yard:snapshot():save(("day/%s.jpg"):format(hik.date("%Y-%m-%d/%H-%M-%S")))
    yard:preset(vars.home)
  end)
  if not ok then
    hik.log.warn("did not look round: " .. problem)
  end
end)
