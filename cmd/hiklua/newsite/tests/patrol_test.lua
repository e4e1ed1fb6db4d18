-- Tests of scripts/patrol.lua: "hiklua test" runs them. Each has a site of its
-- own, with simulated devices and a time that passes only while it waits.
local test = hik.test

test.case("a round visits each preset and keeps a picture of it", function()
  test.advance("59s") -- a round begins every 30s, the first after 30s
  test.equal(test.commands("gate"), {"preset 1", "snapshot", "preset 2", "snapshot", "preset 3", "snapshot"})
end)

test.case("at ten the head goes home, also when the camera was away", {from = "2026-06-01 21:55", allow_errors = true}, function()
  test.fault("gate", "offline", {lasts = "2m"})
  test.advance_to("22:00")
  test.advance("20s")
  local night = {}
  for _, command in ipairs(test.journal("gate")) do
    if command.job == "night" then night[#night + 1] = command.text end
  end
  test.equal(night, {"preset 1"})
end)
