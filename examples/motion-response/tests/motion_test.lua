local test = hik.test

test.case("motion at night: a burst of pictures, and home again", {from = "2026-06-01 23:00"}, function()
  test.advance("5s")
  test.emit("door", "motion", {lasts = "20s"})
  test.advance("1m")
  test.equal(test.commands("door"), {"snapshot"})
  test.equal(test.commands("gate"), {
    "preset 2 (door)", "snapshot", "snapshot", "snapshot", "snapshot", "snapshot", "preset 8 (overview)",
  })
  test.equal(#hik.file.list("alarms/2026-06-01/23-00-05"), 6)
end)

test.case("motion by day is none of our business", {from = "2026-06-01 12:00"}, function()
  test.advance("5s")
  test.emit("door", "motion", {lasts = "20s"})
  test.advance("1m")
  test.equal(test.commands(), {})
end)

test.case("the dome goes home also when the door has no picture", {from = "2026-06-01 23:00", allow_errors = true}, function()
  test.advance("5s")
  test.emit("door", "motion", {lasts = "20s"})
  test.fault("door", "busy")
  test.advance("3m")
  local commands = test.commands("gate")
  test.equal(commands[#commands], "preset 8 (overview)")
end)

test.case("a stream that is silent is told", {from = "2026-06-01 23:00"}, function()
  test.advance("5s")
  test.fault("door", "stream-silent")
  test.advance("10m")
  test.truthy(#test.log("the door is not watched") > 0)
end)
