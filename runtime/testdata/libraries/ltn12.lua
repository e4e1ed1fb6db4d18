local ltn12 = require "ltn12"
local out = {}
local up = ltn12.filter.cycle(function(ctx, c) return c and c:upper(), ctx end, 0)
print(ltn12.pump.all(ltn12.source.chain(ltn12.source.cat(ltn12.source.string("ga"), ltn12.source.string("te")), up), (ltn12.sink.table(out))))
print(table.concat(out, "|"), ltn12.pump.all(ltn12.source.error("broken"), ltn12.sink.null()))
