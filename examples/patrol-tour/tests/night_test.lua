local test = hik.test

-- The commands of one job, in their order.
local function of(job)
  local list = {}
  for _, command in ipairs(test.journal("gate")) do
    if command.job == job then list[#list + 1] = command.text end
  end
  return list
end

test.case("the tour goes from preset to preset at night", {from = "2026-06-01 12:00"}, function()
  test.advance_to("sunset")
  test.advance("1m20s")
  test.equal(of("night tour"), {"preset 2 (door)", "snapshot", "preset 4 (fence)", "preset 3 (parking)", "preset 6 (street)"})
end)

test.case("in the morning the head is home and at rest", {from = "2026-06-01 21:00"}, function()
  test.advance_to("sunrise")
  test.advance("1m")
  test.equal(of("morning"), {"preset 8 (overview)"})
  local before = #of("night tour")
  test.advance("1h")
  test.equal(#of("night tour"), before, "no tour by day")
  test.truthy(not test.head("gate").moving)
end)

test.case("a camera that is away for an hour costs an hour, not the night", {from = "2026-06-01 23:00"}, function()
  test.advance("10m") -- it was started in the middle of the night
  local before = #of("night tour")
  test.truthy(before > 10, "the tour is under way")
  test.fault("gate", "offline", {lasts = "1h"})
  test.advance("1h30m")
  test.truthy(#of("night tour") > before + 20, "the tour has gone on")
end)

test.case("by day the dome looks round, and the head stops", {from = "2026-06-02 10:00"}, function()
  test.advance("31m")
  test.equal(of("look round"), {"preset 8 (overview)", "ptz_pan_tilt 20 0 0", "ptz_stop", "snapshot", "preset 8 (overview)"})
  test.truthy(not test.head("gate").moving)
end)

test.case("not on Sundays", {from = "2026-06-07 08:00"}, function()
  test.advance("8h")
  test.equal(of("look round"), {})
end)

test.case("the tour goes on at its stop when the host is started anew", {from = "2026-06-01 21:00"}, function()
  test.advance_to("sunset")
  test.advance("30s") -- it is at the fence, its second stop
  test.restart("5m")
  test.advance("20s")
  test.equal(of("night tour"), {"preset 2 (door)", "snapshot", "preset 4 (fence)", "preset 4 (fence)"})
  test.reload("night")
  test.advance("20s")
  test.equal(#test.log("the night tour begins"), 3)
end)
