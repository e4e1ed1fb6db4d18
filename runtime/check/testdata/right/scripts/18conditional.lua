-- Definitions that depend on where this runs.
local now
if hik.vars.fixed_time then
  now = function() return hik.vars.fixed_time end
else
  now = hik.now
end
if not table.unpack then table.unpack = unpack end
local pack = table.pack or function(...) return {n = select("#", ...), ...} end
local bits = bit32 or nil
if jit then print("jit", jit.version) end
debug_mode = debug_mode or false
if debug_mode then
  function trace(...) print(...) end
else
  function trace() end
end
trace("loaded", now(), pack(1, 2).n, bits, table.unpack({1}))
