local logging = require "logging"
local log = logging.new(function(self, level, message) print(level, message) return true end)
log:setLevel(logging.INFO)
log:debug("unseen") log:info("gate %s", "open") log:warn({a = 1}) log:error(function(n) return "n is " .. n end, 3)
print(pcall(log.setLevel, log, "NONE") == false)
