local colors = require "term.colors"
print((tostring(colors.red):gsub("\27", "ESC")), (colors.green("on"):gsub("\27", "ESC")), ((colors.bright .. "x" .. colors.reset):gsub("\27", "ESC")))
