local response, util = require "wsapi.response", require "wsapi.util"
print(util.url_encode("a b&c"), util.url_decode("a+b%26c"), util.make_rfc822_date and util.make_rfc822_date(0))
local r = response.new() r:write("gate ", {"is ", "open"}) r:content_type("text/plain") r:set_cookie("name", "x")
local status, headers, body = r:finish() print(status, headers["Content-Type"], headers["Content-Length"], headers["Set-Cookie"]) for piece in body do print(piece) end
