local test = hik.test

test.case("motion at night is kept as an alarm", {from = "2026-06-01 22:10"}, function()
  test.advance("5s")
  test.emit("door", "motion", {lasts = "10s"})
  test.advance("1m")
  local pictures = hik.archive.list({label = "alarm"})
  test.equal(#pictures, 1)
  test.equal({pictures[1].device, pictures[1].event}, {"door", "motion"})
end)

test.case("by day it is not", {from = "2026-06-01 12:05"}, function()
  test.advance("5s")
  test.emit("door", "motion", {lasts = "10s"})
  test.advance("1m")
  test.equal(#hik.archive.list({label = "alarm"}), 0)
end)

test.case("a quarter of an hour by day, an hour at night", {from = "2026-06-01 19:00"}, function()
  test.advance_to("2026-06-02 00:00")
  test.equal(#hik.archive.list({device = "door"}), 3 + 4) -- 19:15 to 19:45, then 20:00 to 23:00
  test.equal(#hik.archive.list({device = "nvr", channel = "till"}), 3)
end)

test.case("at closing time, but not on Sundays", {from = "2026-06-06 12:00"}, function()
  test.advance("36h")
  test.equal(#hik.archive.list({label = "closing"}), 2)
end)
