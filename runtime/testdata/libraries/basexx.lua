local basexx = require "basexx"
print(basexx.to_base64("camera"), basexx.from_base64("Y2FtZXJh"), basexx.to_hex("cam"), basexx.from_hex("63616D"))
print(basexx.to_base32("yard"), basexx.from_base32(basexx.to_base32("yard")), basexx.to_bit("a"), basexx.to_crockford("yard"), basexx.to_z85("12345678"))
