-- The building site, from the same place every half an hour of working days.
-- "hiklua archive export" makes a film of it.
local timelapse = require "hik.timelapse"
local yard = hik.device("gate"):channel("yard")

timelapse.start(yard, "30m", {preset = "parking", between = "07:00-17:00", days = "mon-fri", label = "site"})
