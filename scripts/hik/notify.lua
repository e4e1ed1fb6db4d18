-- hik.notify: tells people by webhook, ntfy, Telegram or mail. It is the function
-- of the module hik, under the name that the other modules have.
--
--   local notify = require "hik.notify"
--   notify("ops", {text = "something moves", picture = yard:snapshot()})
local hik = require "hik"

return hik.notify
