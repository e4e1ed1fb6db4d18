local lu = require "luaunit"
TestMath = {}
function TestMath:testSame() lu.assertEquals({1, {2}}, {1, {2}}) end
function TestMath:testNear() lu.assertAlmostEquals(1, 1.05, 0.1) end
function TestMath:testError() lu.assertErrorMsgContains("bad", function() error("so bad") end) end
function TestMath:testWrong() lu.assertEquals(1, 2) end
local runner = lu.LuaUnit.new()
runner:setOutputType("nil")
print(runner:runSuite("-p", "TestMath"), runner.result.successCount, runner.result.failureCount, runner.result.errorCount)
print(lu.prettystr({1, a = {2}}))
