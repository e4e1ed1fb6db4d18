-- Three pictures that belong together: no other script moves the head between
-- them. What cannot have the head within a minute is left out this time.
local yard = hik.device("gate"):channel("yard")

hik.cron("0 * * * *", {name = "panorama"}, function(run)
  yard:exclusive({timeout = "1m"}, function()
    for i, preset in ipairs{"door", "parking", "fence"} do
      yard:preset(preset, {wait = true})
      yard:snapshot():save(("panorama/%s-%d.jpg"):format(hik.date("%Y-%m-%d/%H", run.scheduled), i))
    end
  end)
end)
