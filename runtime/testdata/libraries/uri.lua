local URI = require "uri"
local u = URI:new("HTTP://Example.ORG:80/a/./b/../c?q=1#f")
print(u, u:scheme(), u:host(), u:port(), u:path(), u:query(), u:fragment())
print(URI:new("../x?y", "http://h/a/b/c"), URI:new("http://h/a/b"):is_relative(), URI:new("ftp://user@h/x"):userinfo())
print(URI:new("rtsp://192.0.2.10/Streaming/Channels/102"):port(), URI:new("file:///etc/x"):filesystem_path("unix"))
-- schemes that have no module of their own
print(URI:new("urn:isbn:0306406157"), URI:new("urn:unknown:x"), URI:new("svn+ssh://h/x"):scheme(), URI:new("x-cam://gate/1"))
print(URI:new("urn:isbn:0306406158"), (URI:new("data:,A%20b"):data_bytes()), URI:new("http://h:port/"))
print(URI.eq("http://h/%61", "http://h/a"), u:host("yard.example"), u)
