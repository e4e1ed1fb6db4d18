-- The pictures in the archive.
local function paths(options)
  local names = {}
  for _, picture in ipairs(hik.archive.list(options)) do names[#names + 1] = picture.path:match("([^/]+/%d/[^/]+)$") end
  return table.concat(names, " ")
end

case("archive.list", function()
  equal(paths(), "old/1/a.jpg gate/1/0.jpg gate/1/1.jpg gate/1/2.jpg gate/1/3.jpg")
  equal(paths{device = "gate", limit = 2}, "gate/1/2.jpg gate/1/3.jpg")
  equal(paths{device = "gate", channel = "yard", label = "alarm"}, "gate/1/1.jpg gate/1/3.jpg")
  equal(paths{device = "gate", channel = 1, from = hik.now() - 2 * 3600}, "gate/1/2.jpg gate/1/3.jpg")
  equal(paths{device = "gate", channel = "1", from = "2h"}, "gate/1/2.jpg gate/1/3.jpg")
  equal(paths{from = "2026-03-01 09:00", till = "2026-03-01 11:00"}, "gate/1/0.jpg gate/1/1.jpg") -- of the site's zone
  equal(paths{till = "2026-03-01"}, "old/1/a.jpg")
  equal(paths{device = "gate", channel = 2}, "")
  equal(paths{label = "none"}, "")

  -- A device that site.yaml does not have any more.
  equal(paths{device = "old"}, "old/1/a.jpg")
  equal(paths{device = "old", channel = "mast"}, "old/1/a.jpg")
  equal(hik.archive.list{device = "old"}[1], {
    path = "data/archive/old/1/a.jpg", device = "old", channel = 1, name = "mast", time = hik.now() - 86400, size = 5, sha256 = "00ff",
  })
  equal(hik.archive.list{device = "gate"}[1], {
    path = "data/archive/gate/1/0.jpg", device = "gate", channel = 1, name = "yard", label = "routine", event = "motion",
    time = hik.now() - 4 * 3600, device_time = hik.now(), head = {pan = 10, tilt = -5, zoom = 2, preset = "door"},
    size = 1000, width = 1920, height = 1080, sha256 = "ab",
  })

  misuse('list: unknown option "lable" (did you mean "label"?)', function() hik.archive.list{lable = "x"} end)
  misuse("list: channel goes together with device", function() hik.archive.list{channel = 1} end)
  misuse("list: channel must be a number or a name, not a table", function() hik.archive.list{device = "old", channel = {}} end)
  misuse('list: limit must be a whole number, 1 to 10000, not 0', function() hik.archive.list{limit = 0} end)
  misuse('list: from must be a time: as hik.now() has it, "2026-03-28 06:00", or how long ago, such as "2h", not "noon"', function() hik.archive.list{from = "noon"} end)
  misuse('list: till must be a time: as hik.now() has it, "2026-03-28 06:00", or how long ago, such as "2h", not a table', function() hik.archive.list{till = {}} end)
  fails(function() hik.archive.list{device = "gaet"} end, {kind = "misuse"})
end)

case("archive.prune", function()
  equal(hik.archive.prune{dry_run = true}, {pictures = 3, bytes = 3000, left = 0})
  equal(hik.archive.prune(), {pictures = 2, bytes = 2000, left = 1})
  misuse("prune: dry_run must be true or false, not 1", function() hik.archive.prune{dry_run = 1} end)
end)
