local http = hik.http

case("an answer", function()
  local r = http.get("http://web.example/json")
  equal(r.status, 200)
  equal(r.body, '{"list":[1,null],"name":"door"}')
  equal({r.json.name, r.json.list[1], r.json.list[2] == hik.json.null}, {"door", 1, true})
  equal({r.headers["content-type"], r.headers["Content-Type"], r.headers["X-TWO"], r.headers.none}, {"application/json; charset=utf-8", "application/json; charset=utf-8", "a, b"})
  equal(hik.json.encode(r.headers), '{"content-type":"application/json; charset=utf-8","x-two":"a, b"}')
  equal(http.get("http://web.example/nojson").json, nil)
  equal(http.get("http://web.example/nojson").body, "{")
  equal(http.get("http://web.example/status/503").status, 503)
  equal(http.get("http://web.example/none").body, "nothing here")
end)

case("what is sent", function()
  equal(http.get("http://web.example/echo?a=1#part", {headers = {["x-key"] = "k", N = 1}}).body, "GET /echo?a=1\nN: 1\nX-Key: k\n")
  equal(http.post("http://web.example/echo", {json = {a = {1}}}).body, 'POST /echo\nContent-Type: application/json\n{"a":[1]}')
  equal(http.post("http://web.example/echo", {json = {}, headers = {["content-type"] = "application/x"}}).body, "POST /echo\nContent-Type: application/x\n{}")
  equal(http.put("http://web.example/echo", {body = "x"}).body, "PUT /echo\nx")
  equal(http.delete("http://web.example/echo").body, "DELETE /echo\n")
  misuse("put: the URL is missing; it must be a string", function() http.put() end)
  equal(http.request("patch", "http://web.example/echo", {body = "x"}).body, "PATCH /echo\nx")
  equal(http.get("http://u:p%40ss@web.example/echo").body, "GET /echo\nAuthorization: Basic dTpwQHNz\n")
  equal(http.get("http://u:p@web.example/echo", {headers = {Authorization = "Bearer t"}}).body, "GET /echo\nAuthorization: Bearer t\n")
end)

case("a form", function()
  local form = {b = "x&y", a = 1, z = true, list = {"1", 2}}
  equal(http.post("http://web.example/echo", {form = form}).body, "POST /echo\nContent-Type: application/x-www-form-urlencoded\na=1&b=x%26y&list=1&list=2&z=true")
  equal(http.post("http://web.example/to/307/http://web.example/echo", {form = {a = 1}}).body, "POST /echo\nContent-Type: application/x-www-form-urlencoded\na=1")
  equal(http.put("http://web.example/echo", {form = {}, headers = {["Content-Type"] = "a/b"}}).body, "PUT /echo\nContent-Type: a/b\n")
end)

case("what is no form, and no port", function()
  for _, form in ipairs{{a = {b = 1}}, {a = {1, 2, x = 3}}, {a = {1, nil, {}}}, {a = print}} do
    fails(function() http.post("http://web.example/echo", {form = form}) end, {kind = "misuse"})
  end
  misuse('post: form: .a has the key "b", and is a value or a list of values', function() http.post("http://web.example/echo", {form = {a = {b = 1}}}) end)
  misuse("get: the URL has the port 99999, and ports are 1 to 65535", function() http.get("http://127.0.0.1:99999/") end)
  misuse("get: the URL has the port 0, and ports are 1 to 65535", function() http.get("http://127.0.0.1:0/") end)
end)

case("files of a form", function()
  local snap = hik.device("gate"):snapshot(1)
  local text = http.post("http://web.example/echo", {
    form = {caption = "Tür", tag = {"a", "b"}},
    files = {photo = snap, note = {name = 'a"b.txt', bytes = "hello", content_type = "text/plain"}, raw = {bytes = snap, name = "x.jpg"}},
  }).body
  local boundary, body = text:match("^POST /echo\nContent%-Type: multipart/form%-data; boundary=(%x+)\n(.*)$")
  equal(body:gsub(boundary, "B"):gsub("gate%-1%-%d+%-%d+%.jpg", "NAME"):gsub("\r\n", "\n"), table.concat({
    "--B", 'Content-Disposition: form-data; name="caption"', "", "Tür",
    "--B", 'Content-Disposition: form-data; name="tag"', "", "a",
    "--B", 'Content-Disposition: form-data; name="tag"', "", "b",
    "--B", 'Content-Disposition: form-data; name="note"; filename="a\\"b.txt"', "Content-Type: text/plain", "", "hello",
    "--B", 'Content-Disposition: form-data; name="photo"; filename="NAME"', "Content-Type: image/jpeg", "", snap.bytes,
    "--B", 'Content-Disposition: form-data; name="raw"; filename="x.jpg"', "Content-Type: image/jpeg", "", snap.bytes,
    "--B--", "",
  }, "\n"))
  -- A picture that was archived is read from its file; after a redirect it is sent once more.
  snap:archive()
  equal(http.post("http://web.example/to/307/http://web.example/echo", {files = {photo = snap}}).body:find(snap.bytes, 1, true) ~= nil, true)
end)

case("a snapshot as the body", function()
  local snap = hik.device("gate"):snapshot(1)
  equal(http.put("http://web.example/echo", {body = snap}).body, "PUT /echo\nContent-Type: image/jpeg\n" .. snap.bytes)
  equal(http.put("http://web.example/echo", {body = snap, headers = {["content-type"] = "x/y"}}).body, "PUT /echo\nContent-Type: x/y\n" .. snap.bytes)
end)

case("redirects", function()
  local secret = {headers = {Authorization = "Bearer t", Cookie = "c=1", ["X-Key"] = "k", Accept = "a/b"}}
  local all = "Accept: a/b\nAuthorization: Bearer t\nCookie: c=1\nX-Key: k\n"
  equal(http.get("http://web.example/to/302/http://web.example/echo", secret).body, "GET /echo\n" .. all)
  equal(http.get("http://web.example/to/302/https://web.example/echo", secret).body, "GET /echo\n" .. all)
  equal(http.get("https://web.example/to/302/http://web.example/echo", secret).body, "GET /echo\nAccept: a/b\n")
  equal(http.get("http://web.example/to/302/http://web.example:81/echo", secret).body, "GET /echo\nAccept: a/b\n")
  equal(http.get("http://web.example/to/302/http://sub.web.example/echo", secret).body, "GET /echo\nAccept: a/b\n")
  equal(http.get("http://web.example/to/302/http://other/to/302/http://web.example/echo", secret).body, "GET /echo\nAccept: a/b\n")
  equal(http.get("http://u:p@web.example/to/302/http://other/echo").body, "GET /echo\n")
  equal(http.get("http://web.example/to/302/http://u:p@web.example/echo").body, "GET /echo\n")
  equal(http.post("http://web.example/to/307/http://web.example/echo", {body = "x"}).body, "POST /echo\nx")
  equal(http.post("http://web.example/to/303/http://web.example/echo", {body = "x"}).body, "GET /echo\n")
  equal(http.get("http://web.example/looooo").status, 404)
  equal(http.get("http://web.example/loop12345").body, "GET /echo\n")
  fails(function() http.get("http://web.example/loop123456") end, {kind = "bad_answer", message = "GET http://web.example: more than 5 redirects"})
  fails(function() http.get("http://web.example/to/302/file:///etc/passwd") end, {kind = "bad_answer"})
end)

case("failures", function()
  local line = host.line(1) + 1
  local err = fails(function() http.get("http://u:secret@closed.example:81/path?token=secret") end,
    {kind = "offline", message = "GET http://closed.example:81: connection refused", retryable = true, line = line})
  fails(function() http.get("http://unknown.example") end, {kind = "offline", message = "GET http://unknown.example: the name unknown.example is not known"})
  fails(function() http.get("http://u:secret@odd.example/secret") end, {kind = "offline", message = "GET http://odd.example: no usable answer"})
  fails(function() http.get("http://web.example/cut") end, {kind = "offline"})
  fails(function() http.get("http://web.example/big") end, {kind = "bad_answer", message = "GET http://web.example: the answer is longer than 16 MB"})
  local began = hik.now()
  fails(function() http.get("http://web.example/slow", {timeout = "4s"}) end, {kind = "timeout", message = "GET http://web.example: no answer within 4s", retryable = true})
  equal(hik.now() - began, 4)
  fails(function() hik.timeout(2, function() http.get("http://web.example/slow") end) end, {kind = "timeout"})
  equal(hik.now() - began, 6)
end)

case("eight at once, in order", function()
  local began, ended = hik.now(), {}
  local list = {}
  for i = 1, 20 do list[i] = i end
  hik.parallel(list, function(i)
    http.get("http://web.example/slow")
    ended[#ended + 1] = i .. "@" .. hik.now() - began
  end)
  equal({ended[1], ended[8], ended[9], ended[16], ended[17], ended[20]}, {"1@10", "8@10", "9@20", "16@20", "17@30", "20@30"})
  -- One that is ended while it waits gives up its place in the queue.
  local tasks = {}
  for i = 1, 10 do tasks[i] = hik.spawn(function() http.get("http://web.example/slow") end) end
  hik.sleep(1)
  tasks[9]:cancel()
  began = hik.now()
  tasks[10]:wait()
  equal(hik.now() - began, 19)
end)

case("misuse", function()
  misuse('get: the URL must begin with http:// or https://', function() http.get("ftp://u:secret@x") end)
  misuse('get: the URL must begin with http:// or https://', function() http.get("web.example") end)
  misuse('get: the URL has no host', function() http.get("http:///x") end)
  misuse('get: the URL is malformed; what is special in a user, password or query is written with %, such as %40 for @', function() http.get("http://u:sec%ret@x") end)
  misuse('get: the URL is malformed; what is special in a user, password or query is written with %, such as %40 for @', function() http.get("http://u:secret") end)
  misuse('get: the URL is missing; it must be a string', function() http.get() end)
  misuse('get: the URL is longer than 16 KB', function() http.get("http://x/" .. ("x"):rep(20000)) end)
  misuse('request: the method must be "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" or "OPTIONS", not "fetch"', function() http.request("fetch", "http://x") end)
  misuse("post: body and json can't both be given", function() http.post("http://x", {body = "", json = {}}) end)
  misuse("post: the body is longer than 16 MB", function() http.post("http://x", {body = ("x"):rep(2 ^ 24 + 1)}) end)
  misuse("post: the body must be a string or a snapshot, not a table", function() http.post("http://x", {body = {}}) end)
  misuse("post: body and form can't both be given", function() http.post("http://x", {body = "", form = {}}) end)
  misuse("post: json and files can't both be given; fields beside files come in form", function() http.post("http://x", {json = {}, files = {}}) end)
  misuse("post: form must be a table {name = value}, not 1", function() http.post("http://x", {form = 1}) end)
  misuse("post: form must be a table {name = value}; 1 is no name", function() http.post("http://x", {form = {"a"}}) end)
  misuse("post: form: .a can't be a userdata", function() http.post("http://x", {form = {a = hik.device("gate")}}) end)
  local cyclic = {}
  cyclic[1] = cyclic
  misuse("post: form: .a can't be a table", function() http.post("http://x", {form = {a = cyclic}}) end)
  misuse("post: the body is longer than 16 MB", function() http.post("http://x", {form = {a = {("x"):rep(2 ^ 24), "y"}}}) end)
  misuse("post: files: .a must be a snapshot or {name=, bytes=, content_type=}, not \"x\"", function() http.post("http://x", {files = {a = "x"}}) end)
  misuse('post: files.a: unknown option "byts" (did you mean "bytes"?)', function() http.post("http://x", {files = {a = {byts = "x"}}}) end)
  misuse("post: files.a: bytes is missing; it must be a string or a snapshot", function() http.post("http://x", {files = {a = {}}}) end)
  misuse("post: files.a: content_type has a line end or another control character in it", function() http.post("http://x", {files = {a = {bytes = "", content_type = "a\r\nX: y"}}}) end)
  misuse("post: json: value.f is a function, which JSON does not have", function() http.post("http://x", {json = {f = print}}) end)
  misuse("get: headers must be a table {name = value}; 1 is no name of a header", function() http.get("http://x", {headers = {"a"}}) end)
  misuse('get: headers must be a table {name = value}; "a b" is no name of a header', function() http.get("http://x", {headers = {["a b"] = 1}}) end)
  misuse("get: headers: Key has a line end or another control character in it", function() http.get("http://x", {headers = {Key = "secret\r\nX: y"}}) end)
  misuse("get: headers: Key can't be a table", function() http.get("http://x", {headers = {Key = {}}}) end)
  misuse("get: headers are longer than 64 KB", function() http.get("http://x", {headers = {Key = ("x"):rep(70000)}}) end)
  misuse("get: timeout must be more than 0 and at most 10m", function() http.get("http://x", {timeout = 0}) end)
  misuse("get: timeout must be more than 0 and at most 10m", function() http.get("http://x", {timeout = "11m"}) end)
  misuse('get: unknown option "header" (did you mean "headers"?)', function() http.get("http://x", {header = {}}) end)
end)
