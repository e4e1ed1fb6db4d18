local test = hik.test

test.case("every ten minutes a picture of each channel, and a page", function()
  test.advance("11m")
  test.equal(#test.commands("nvr/yard"), 1)
  test.equal(#test.commands("nvr/store"), 1)
  local page = hik.file.read("wall/index.html")
  for id = 1, 4 do
    test.contains(page, id .. ".jpg")
    test.truthy(hik.file.exists("wall/" .. id .. ".jpg"), "the picture of channel " .. id)
  end
end)

test.case("an event makes the page anew and keeps its picture", function()
  test.advance("5s")
  test.emit("nvr/till", "motion", {lasts = "5s"})
  test.advance("10s")
  test.contains(hik.file.read("wall/index.html"), "motion on channel 3")
  test.equal(#hik.file.list("noticed/2026-06-01"), 1)
end)
