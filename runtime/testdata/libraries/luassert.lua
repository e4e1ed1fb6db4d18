local assert = require "luassert"
local spy, match = require "luassert.spy", require "luassert.match"
assert.same({1, {2}}, {1, {2}}) assert.is_true(true) assert.has_error(function() error("x", 0) end, "x") assert.is_not.equal(1, 2)
local s = spy.new(function(a) return a end)
s(5) s("x")
assert.spy(s).was.called(2) assert.spy(s).was.called_with(match.is_number())
print(pcall(assert.same, {1}, {2}) == false)
