-- Each Monday the office gets a mail with a picture of the entrance, and which
-- cameras are off.
hik.at("07:30", {name = "mail", days = "mon", catch_up = "1d"}, function()
  local off = {}
  for _, device in ipairs(hik.devices()) do
    if device.state ~= "online" then table.insert(off, device.name .. " is " .. device.state) end
  end
  local ok, picture = pcall(hik.snapshot, "door", "entrance")
  hik.notify("office", {
    title = "The cameras this week",
    text = #off == 0 and "All cameras answer." or table.concat(off, "\n"),
    picture = ok and picture or nil,
  })
end)
