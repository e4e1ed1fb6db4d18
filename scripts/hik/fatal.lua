-- hik.fatal: whether an error ends what goes on by itself, a tour for example.
--
--   local fatal = require "hik.fatal"
--   local ok, err = pcall(yard.preset, yard, "door")
--   if not ok and fatal(err) then error(err, 0) end
--
-- It is true for errors that no later try mends: a refused login, and mistakes in
-- Lua.
return function(err) return type(err) ~= "table" or err.kind == "unauthorized" end
