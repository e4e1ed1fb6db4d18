-- A picture of the entrance each quarter of an hour while it is light. What is
-- old is thinned out by "thinning" of site.yaml: all for a week, then one an
-- hour, then one a day.
local entrance = hik.device("door"):channel("entrance")

hik.cron("*/15 * * * *", {name = "entrance", between = "sunrise-sunset"}, function()
  entrance:snapshot():archive()
end)
