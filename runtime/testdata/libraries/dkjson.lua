local json = require "dkjson"
print(json.encode({name = "gate", presets = {1, 2, 3.5}, none = json.null, text = "\228\"\n"}, {keyorder = {"name", "presets", "none", "text"}}))
local t, at, problem = json.decode('{"a": [1, true, null, "\\u00e4"], "b": {"c": -1e3}}')
print(t.a[1], t.a[2], #t.a[4], t.b.c, at, problem)
print(json.decode('{"a": '))
