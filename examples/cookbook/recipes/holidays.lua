-- A round at noon of every working day, and not on holidays. The holidays are
-- in site.yaml.
local visit = require "visit"
local yard = hik.device("gate"):channel("yard")

local function is_holiday(time)
  local today = hik.date("%Y-%m-%d", time)
  for _, day in ipairs(hik.vars.holidays) do
    if day == today then return true end
  end
  return false
end

hik.at("12:00", {name = "noon", days = "mon-fri"}, function(run)
  if is_holiday(run.scheduled) then
    print("a holiday: no round")
    return
  end
  visit(yard, "parking"):save("noon/" .. hik.date("%Y-%m-%d", run.scheduled) .. ".jpg")
end)
