local test = hik.test

test.case("both heads show their presets and go home", {from = "2026-06-01 07:59"}, function()
  test.advance("5m")
  for camera, presets in pairs({yard = {"gate", "parking", "fence"}, ramp = {"door", "street"}}) do
    local commands = table.concat(test.commands("nvr/" .. camera), " ")
    for _, preset in ipairs(presets) do test.contains(commands, "(" .. preset .. ") snapshot", camera) end
    test.truthy(commands:find("%(overview%)$"), camera .. " ends at home")
    test.truthy(not test.head("nvr/" .. camera).moving)
  end
  test.equal(test.log("pictures")[1].message, "nvr/yard: 3 of 3 pictures")
end)

test.case("not on Sundays, not at night", {from = "2026-06-06 21:00"}, function()
  test.advance("33h")
  test.equal(test.commands(), {})
end)

test.case("a recorder that is away costs one sweep", {from = "2026-06-01 07:59", allow_errors = true}, function()
  test.fault("nvr", "offline", {lasts = "30m"})
  test.advance("2h10m")
  test.equal(#test.log("3 of 3 pictures"), 1)
end)
