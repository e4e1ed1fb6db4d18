local colors = require "ansicolors"
print((colors("%{red}hot%{reset} plain"):gsub("\27", "ESC")), (colors.noReset("%{bright blue}x"):gsub("\27", "ESC")))
print(select(2, pcall(colors, "%{none}")):match("Unknown key: none"))
