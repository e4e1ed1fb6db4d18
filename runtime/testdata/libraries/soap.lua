local soap = require "soap"
print((soap.encode{namespace = "urn:gate", method = "open", entries = {{tag = "door", 1}, {tag = "why", attr = {lang = "en"}, "a & b"}}}:gsub("\n", "")))
