local headers = require "http.headers"
local h = headers.new() h:append(":status", "200") h:append("Set-Cookie", "a") h:append("set-cookie", "b") h:upsert("x", "1")
print(h:get(":status"), h:get("set-cookie"), h:has("x"), h:len(), h:get_comma_separated("set-cookie"))
for name, value in h:each() do print(name, value) end
h:delete("x") h:sort() print(h:has("x"), require "http.h1_reason_phrases"["404"])
