-- Does the fixed picture still show what it did? A picture of another scene has
-- another size. One that differs by 40 % from the mean of the days before is told.
local entrance = hik.device("door"):channel("entrance")

hik.at("12:00", {name = "same view"}, function()
  local size, mean = entrance:snapshot().size, hik.state.mean
  if mean and math.abs(size - mean) > 0.4 * mean then
    hik.log.warn("the picture of the entrance has changed", {bytes = size, before = math.floor(mean)})
  end
  hik.state.mean = mean and (0.9 * mean + 0.1 * size) or size
end)
