local gate = hik.device("gate")
local actions = {
  offline = function(err) hik.log.warn("gate is away", {hint = err.hint}) end,
  busy = function() hik.sleep(5) end,
}
local function guarded(fn, ...)
  local results = {pcall(fn, ...)}
  if results[1] then return unpack(results, 2) end
  local err = results[2]
  local kind = type(err) == "table" and err.kind or "error"
  local act = actions[kind]
  if act then return act(err) end
  error(err, 0)
end

hik.every("1m", function()
  guarded(gate.preset, gate, 1, 2, {wait = true})
  local ok, trace = xpcall(function() return gate:info().model:lower() end, debug.traceback)
  print(ok, trace)
  assert(type(ok) == "boolean", "xpcall gives a boolean")
end)
