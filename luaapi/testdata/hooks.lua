-- hik.on for requests by HTTP.
local function fn() end

case("what is listened to", function()
  hik.on("http:door", fn)
  equal(host.registered(), 'on "http:door" none ch0 http:door state= name= overlap= days= between= timeout=0s')
  hik.on("http:alarm_2", {name = "alarm", overlap = "queue"}, fn)
end)

case("misuse", function()
  for _, name in ipairs {"", "a/b", "a b", "türe", "door?", "..", ("x"):rep(65)} do
    misuse(string.format("on: the hook name %s: it has letters A to Z, digits, - and _, at most 64", host.quoted(name)), function() hik.on("http:" .. name, fn) end)
  end
  misuse('on: no event is called "htp:door" (did you mean "http:door"?)', function() hik.on("htp:door", fn) end)
  misuse('on: no event is called "https:door" (did you mean "http:door"?)', function() hik.on("https:door", fn) end)
  misuse('on: no event is called "HTTP:door" (did you mean "http:door"?)', function() hik.on("HTTP:door", fn) end)
  misuse('on: no event is called "mqt:a/b" (did you mean "mqtt:a/b"?)', function() hik.on("mqt:a/b", fn) end)
  misuse('emit: "http:door": a name with a colon is an event of a device, which no script can emit', function() hik.emit("http:door") end)
end)

case("without a token", function()
  local why = 'the hook "gate-2" has no token'
  fails(function() hik.on("http:gate-2", fn) end,
    {kind = "misuse", message = why, hint = 'site.yaml needs web: {hooks: {gate-2: {token: "${GATE_2_TOKEN}"}}}'})
  fails(function() hik.on("http:dor", fn) end,
    {kind = "misuse", message = 'the hook "dor" has no token', hint = 'did you mean "http:door"? Otherwise site.yaml needs web: {hooks: {dor: {token: "${DOR_TOKEN}"}}}'})
end)

case("what a handler is told", function()
  local r, run = host.hook('{"card": 7, "list": []}', "application/json")
  equal({r.name, r.body, r.json.card, r.content_type, r.address, r.query.card, r.form, run.event},
    {"door", '{"card": 7, "list": []}', 7, "application/json", "192.0.2.7", "7", nil, "http:door"})
  equal(host.hook("[]").json, {})
  equal(host.hook("7").json, 7)
  equal(host.hook("open").json, nil)
  equal(host.hook("").json, nil)
  equal(host.hook(("["):rep(200)).json, nil)
  r = host.hook("state=open", "application/x-www-form-urlencoded", true)
  equal({r.form.state, r.json, r.body}, {"open", nil, "state=open"})
  r = host.empty_hook()
  equal({r.name, r.body, r.json, r.form, r.query, r.content_type, r.address}, {"door", "", nil, nil, {}, nil, nil})
end)

case("what the caller is answered", function()
  equal(host.answered(), "204  ")
  equal(host.answered(nil), "204  ")
  equal(host.answered("yes", "no"), "200 text/plain; charset=utf-8 yes")
  equal(host.answered(""), "200 text/plain; charset=utf-8 ")
  equal(host.answered({open = true, by = {1, 2}}), '200 application/json {"by":[1,2],"open":true}')
  equal(host.answered({}), "200 application/json {}")
  equal(host.answered(false), "200 application/json false")
  equal(host.answered(7), "200 application/json 7")
  equal(host.answered(print), "what the handler of http:door returns is no answer: value is a function, which JSON does not have (a table is answered as JSON, a string as text, nil as nothing)")
  equal(host.answered(("x"):rep(2 ^ 20 + 1)), "what the handler of http:door returns has 1048577 bytes, and 1 MB is the most")
end)
