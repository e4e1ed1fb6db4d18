local URI = require "uri"
local u = URI:new("http://op@gate.example:8080/a/./b?q=1#frag")
print(u:scheme(), u:host(), u:port(), u:path(), u:query(), u:fragment(), u:userinfo(), u)
u:path("/new path") print(u, URI:new("http://[bad"))
print(URI:new("rtsp://gate/Streaming/101"):scheme(), URI:new("urn:isbn:0-395-36341-1"))
