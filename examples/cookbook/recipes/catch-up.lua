-- The picture of the day is taken also if the machine was off at noon, as long as
-- it is back by six.
hik.at("12:00", {name = "noon", catch_up = "6h"}, function(run)
  hik.snapshot("door", "entrance"):save("noon.jpg")
  print(("taken %d minutes late"):format(run.late / 60))
end)
