-- Files, the sun, XML that is written, and the limits of small libraries.
case("files", function()
  equal(hik.file.write("notes/a.txt", "one"), "data/notes/a.txt")
  hik.file.append("notes/a.txt", "\ntwo")
  equal(hik.file.read("notes/a.txt"), "one\ntwo")
  hik.file.write("notes/b.txt", 5)
  equal(hik.file.list("notes"), {
    {name = "a.txt", size = 7, time = hik.now(), dir = false},
    {name = "b.txt", size = 1, time = hik.now(), dir = false},
  })
  hik.file.remove("notes/a.txt")
  fails(function() hik.file.read("notes/a.txt") end, {kind = "not_found", message = 'no file "notes/a.txt" in the data folder'})
  fails(function() hik.file.remove("notes/a.txt") end, {kind = "not_found"})
  fails(function() hik.file.write("full/x", "") end, {kind = "disk"})
  equal(#hik.file.list(), 1)
  equal(hik.file.exists("notes/b.txt"), true)
  equal(hik.file.rename("notes/b.txt", "old/c.txt"), "data/old/c.txt")
  equal(hik.file.exists("notes/b.txt"), false)
  equal(hik.file.read("old/c.txt"), "5")
  fails(function() hik.file.rename("notes/b.txt", "x") end, {kind = "not_found", message = 'no file "notes/b.txt" in the data folder'})
  misuse("exists: the path is empty", function() hik.file.exists("") end)
  misuse("rename: the new path is empty", function() hik.file.rename("old/c.txt", "") end)
  misuse("rename: the new path is missing; it must be a string", function() hik.file.rename("old/c.txt") end)
  misuse("read: the path is empty", function() hik.file.read("") end)
  misuse("read: the path is missing; it must be a string", function() hik.file.read() end)
  misuse("write: the content is missing; it must be a string", function() hik.file.write("x") end)
  misuse("write: the content is longer than 16 MB", function() hik.file.write("x", ("x"):rep(2 ^ 24 + 1)) end)
  misuse("append: the content must be a string, not a table", function() hik.file.append("x", {}) end)
end)

case("sun", function()
  local today = hik.sun()
  equal(hik.date("%F %H:%M", today.sunrise), "2026-03-01 07:00")
  equal(hik.date("%F %H:%M", today.sunset), "2026-03-01 18:00")
  equal(today.up, nil)
  equal(hik.date("%F", hik.sun("2026-04-02").sunrise), "2026-04-02")
  equal(hik.date("%F", hik.sun(hik.now() + 86400).sunset), "2026-03-02")
  equal(hik.sun("2026-06-21"), {up = true})
  equal(hik.sun("2026-12-21"), {up = false})
  misuse("sun: the site has no location", function() hik.sun("2026-11-01") end)
  misuse('sun: the date must be seconds since 1970, or text like "2026-06-21", not "2026-13-01"', function() hik.sun("2026-13-01") end)
  misuse('sun: the date must be seconds since 1970, or text like "2026-06-21", not a table', function() hik.sun({}) end)
  misuse('sun: the date must be seconds since 1970, or text like "2026-06-21", not 1e+300', function() hik.sun(1e300) end)
end)

case("xml that is written", function()
  local encode = hik.xml.encode
  equal(encode("PTZData", {{"pan", 40}, {"tilt", -1.5}, {"zoom"}}), "<PTZData><pan>40</pan><tilt>-1.5</tilt><zoom/></PTZData>")
  equal(encode("a", {{"b", {{"c", true}, {"c", false}}}, {"b", {}}}), "<a><b><c>true</c><c>false</c></b><b></b></a>")
  equal(encode("a", 'x<>&"\'', {version = "2.0", id = 1}), '<a id="1" version="2.0">x&lt;&gt;&amp;&#34;&#39;</a>')
  equal(encode("a"), "<a/>")
  equal(encode("a", {{"b", "t", {opt = '"<'}}}), '<a><b opt="&#34;&lt;">t</b></a>')
  local back = hik.xml.decode(encode("PTZPreset", {{"id", 3}, {"presetName", "a & b"}}, {version = "1.0"}))
  equal(back, {_name = "PTZPreset", _attr = {version = "1.0"}, id = "3", presetName = "a & b"})
  misuse('encode: "a b" is no name of an element', function() encode("a b") end)
  misuse('encode: "<" is no name of an element', function() encode("x", {{"<", 1}}) end)
  misuse('encode: x has named keys, which have no order; write a list: {{"id", 1}, {"name", "door"}}', function() encode("x", {id = 1}) end)
  misuse("encode: x: item 1 must be {name, content}, not \"id\"", function() encode("x", {"id", 1}) end)
  misuse("encode: x: item 1 must begin with the element's name, not with 1", function() encode("x", {{1, 2}}) end)
  misuse("encode: f can't be a function", function() encode("x", {{"f", print}}) end)
  misuse("encode: the attributes of x must be a table {name = value}, not 1", function() encode("x", "t", 1) end)
  local loop = {}
  loop[1] = {"a", loop}
  misuse("encode: a is nested deeper than 60", function() encode("x", loop) end)
  local wide = {{"a", ("x"):rep(1000)}}
  for _ = 1, 14 do wide = {{"a", wide}, {"a", wide}} end
  misuse("encode: the text would be longer than 8 MB", function() encode("x", wide) end)
  misuse("encode: the text would be longer than 8 MB", function() encode("x", ("&"):rep(2 ^ 23)) end)
  local many = {}
  for i = 1, 1001 do many["a" .. i] = i end
  misuse("encode: x has more than 1000 attributes", function() encode("x", nil, many) end)
  -- a letter of several bytes is not cut in two where a long text is written in pieces
  for before = 2 ^ 16 - 4, 2 ^ 16 do
    local text = ("a"):rep(before) .. "\226\130\172" .. "b"
    equal(encode("x", text), "<x>" .. text .. "</x>")
  end
end)

case("limits", function()
  misuse("encode: the string is longer than 48 MB", function() hik.base64.encode(("x"):rep(49 * 2 ^ 20)) end)
  misuse("decode: the text is longer than 8 MB", function() hik.xml.decode(("x"):rep(9 * 2 ^ 20)) end)
  misuse("date: the format is longer than 1000 characters", function() hik.date(("x"):rep(1001)) end)
end)
