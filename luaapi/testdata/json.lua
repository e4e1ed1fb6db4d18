local json = hik.json

case("encode", function()
  equal(json.encode({1, 2.5, "x", true, json.null}), '[1,2.5,"x",true,null]')
  equal(json.encode({b = 1, a = {c = {}}}), '{"a":{"c":{}},"b":1}')
  equal(json.encode(nil), "null")
  equal(json.encode({}), "{}")
  equal(json.encode(json.array()), "[]")
  equal(json.encode(json.array{1}), "[1]")
  equal(json.encode(2 ^ 53), "9007199254740992")
  equal(json.encode(-1e15), "-1000000000000000")
  equal(json.encode(1e300), "1e+300")
  equal(json.encode(0.1), "0.1")
  equal(json.encode('a"\\\n\t\1é/'), '"a\\"\\\\\\n\\t\\u0001é/"')
  equal(json.encode({1, nil, 3}), "[1,null,3]")
  equal(json.encode({a = {1, {}}}, {indent = true}), '{\n  "a": [\n    1,\n    {}\n  ]\n}')
  equal(json.encode(hik.vars.map), '{"deep":{"y":2},"x":1}')
end)

case("what JSON does not have", function()
  local loop = {}
  loop.a = {loop}
  misuse("encode: value.a[1] can't be a table that it is part of", function() json.encode(loop) end)
  misuse("encode: value.f is a function, which JSON does not have", function() json.encode({f = print}) end)
  misuse("encode: value[1] is a device, which JSON does not have", function() json.encode({hik.device("gate")}) end)
  misuse("encode: value is NaN, which JSON does not have", function() json.encode(0/0) end)
  misuse('encode: value has both list items and names such as "x"', function() json.encode({1, x = 2}) end)
  misuse("encode: value is a list with 9 holes; give it string keys, or hik.json.null where nothing is", function() json.encode({[10] = 1}) end)
  misuse("encode: value has the number 0 as a key, which is no place of a list without holes; JSON's names are strings", function() json.encode({[0] = 1}) end)
  misuse("encode: value has the number 1.5 as a key, which is no place of a list without holes; JSON's names are strings", function() json.encode({[1.5] = 1}) end)
  misuse("encode: value has true as a key; JSON's names are strings", function() json.encode({[true] = 1}) end)
  local deep = {}
  for _ = 1, 101 do deep = {deep} end
  equal(pcall(json.encode, deep), false)
  local wide = {"0123456789012345678901234567890123456789"}
  for _ = 1, 20 do wide = {wide, wide} end
  misuse("encode: the text would be longer than 8 MB", function() json.encode(wide) end)
  misuse("encode: the text would be longer than 8 MB", function() json.encode({[("x"):rep(2 ^ 23)] = 1}) end)
  misuse("encode: the text would be longer than 8 MB", function() json.encode(("\1"):rep(2 ^ 23 + 1)) end)
  local same = {}
  equal(json.encode({same, same}), "[{},{}]")
end)

case("decode", function()
  equal(json.decode(' {"a": [1, 2.5e1, -0, true, false], "b": {}} '), {a = {1, 25, -0, true, false}, b = {}})
  equal(json.decode('"\\u00e9\\ud83d\\ude00\\n\\/"'), "é😀\n/")
  equal(json.decode("\239\187\191{\"a\":1}"), {a = 1}) -- a byte order mark
  equal(json.decode("\255\254{\0\"\0a\0\"\0:\0001\0}\0"), {a = 1}) -- UTF-16
  equal(json.decode("null") == json.null, true)
  equal(tostring(json.null), "null")
  equal(json.decode("[null,1]")[2], 1)
  equal(json.encode(json.decode('{"a":[],"b":{},"c":[null]}')), '{"a":[],"b":{},"c":[null]}')
  equal(json.decode("9007199254740991"), 9007199254740991)
end)

case("what is no JSON", function()
  local function bad(text, message)
    fails(function() json.decode(text) end, {kind = "misuse", message = "decode: " .. message})
  end
  bad("", "line 1, column 1: the text ends where a value should be")
  bad("{\n  \"a\": x}", "line 2, column 8: 'x' where a value should be")
  bad("[1,]", "line 1, column 4: ']' where a value should be")
  bad("[1 2]", "line 1, column 4: '2' where a comma or ] should be")
  bad("{a:1}", "line 1, column 2: 'a' where a name in quotes should be")
  bad('{"a" 1}', "line 1, column 6: '1' where a colon should be")
  bad('{"a":1', "line 1, column 7: the end of the text where a comma or } should be")
  bad('"abc', "line 1, column 5: a string has no end")
  bad('"a\nb"', "line 1, column 3: a line end or control character inside a string")
  bad('"\\x"', "line 1, column 3: \\x means nothing in a string")
  bad('"\\u12"', "line 1, column 3: \\u wants four hexadecimal digits")
  bad("1.", 'line 1, column 1: "1." is not a number')
  bad("01", "line 1, column 2: '1' after the end of the value")
  bad("-", 'line 1, column 1: "-" is not a number')
  bad("1 2", "line 1, column 3: '2' after the end of the value")
  bad(("["):rep(200), "line 1, column 101: nested deeper than 100")
  fails(function() json.decode(5) end, {kind = "misuse", message = "decode: the text must be a string, not 5"})
  fails(function() json.decode((" "):rep(9 * 1024 * 1024)) end, {kind = "misuse", message = "decode: the text is longer than 8 MB"})
end)
