arg = nil -- it is a program too
require "markdown"
print((markdown("# Gate\n\nA *yard* with `code` and [link](http://x.y/).\n\n* one\n* two\n\n> quoted\n")))
