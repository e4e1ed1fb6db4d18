local test = hik.test
local yard = hik.device("gate"):channel("yard")

local function texts(script)
  local list = {}
  for _, command in ipairs(test.journal(yard)) do
    if command.script == script then list[#list + 1] = command.text end
  end
  return list
end

for _, preset in ipairs({1, 2, 3}) do
  test.case("preset " .. preset, {from = "2026-06-01 22:00"}, function()
    yard:preset(preset, {wait = true})
    test.equal(texts("test"), {"preset " .. preset}, "what the test did")
    test.truthy(not test.head("gate/yard").moving)
  end)
end

test.case("offline", {allow_errors = true}, function()
  test.fault("gate", "offline", {lasts = "5m"})
  local err = test.errors(function() yard:snapshot() end, "offline")
  test.contains(err.message, "gate")
  test.advance_to("2026-06-01 12:30")
  for _, line in ipairs(test.log("gate")) do print(line.time, line.message) end
end)
