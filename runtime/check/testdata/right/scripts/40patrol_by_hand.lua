-- A patrol without the library, yielding to whoever else moves the head.
local yard = hik.device("gate"):channel("yard")
local index, paused_till = 1, 0
local order = {1, 2, 3}

local function shuffle(list)
  for i = #list, 2, -1 do
    local j = math.random(i)
    list[i], list[j] = list[j], list[i]
  end
end

local function step()
  if hik.now() < paused_till then return end
  local ok, err = pcall(yard.preset, yard, order[index], {wait = true})
  if not ok and err.kind ~= "busy" then error(err) end
  index = index % #order + 1
  if index == 1 then shuffle(order) end
end

yard:on("moved", function() paused_till = hik.now() + 60 end)
hik.every("20s", {name = "step"}, step)
