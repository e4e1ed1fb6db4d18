hik.state.runs = (hik.state.runs or 0) + 1
hik.state.log = hik.state.log or {}

local function remember(text)
  local list = hik.state.log
  list[#list + 1] = hik.date("%F %T") .. " " .. text
  while #list > 20 do table.remove(list, 1) end
end

hik.on("doorbell", function(value) remember("doorbell " .. tostring(value)) end)
hik.every("10m", function()
  hik.shared_state.alive = hik.now()
  for i, line in ipairs(hik.state.log) do print(i, line) end
end)
hik.on_stop(function() remember("stopped") end)
