-- spawn, parallel, sleep, timeout, on_stop.

case("sleep", function()
  local from = hik.now()
  hik.sleep(1.5)
  hik.sleep("1m30s")
  hik.sleep("250ms")
  equal(hik.now() - from, 91.75)
  misuse("sleep: the duration: a duration can't be negative (-1)", function() hik.sleep(-1) end)
end)

case("what is no duration", function()
  misuse("sleep: the duration is missing; it must be a duration: seconds, or a string such as \"1m30s\"", function() hik.sleep() end)
  misuse("sleep: the duration must be a duration: seconds, or a string such as \"1m30s\", not true", function() hik.sleep(true) end)
  misuse("sleep: the duration: NaN is not a duration", function() hik.sleep(0/0) end)
  misuse("sleep: the duration: +Inf is not a duration", function() hik.sleep(1/0) end)
  misuse("sleep: the duration: 1e+10 seconds are longer than 100 years", function() hik.sleep(1e10) end)
end)

case("spawn, wait", function()
  local order = {}
  local task = hik.spawn(function(a, b)
    order[#order + 1] = "task"
    hik.sleep(2)
    return a + b, "second"
  end, 3, 4)
  order[#order + 1] = "caller"
  equal(task.done, false)
  local from = hik.now()
  local sum, second = task:wait()
  equal({sum, second, hik.now() - from, task.done}, {7, "second", 2, true})
  equal(order, {"caller", "task"})
  equal(task:wait(), 7, "again")
  equal(tostring(task):match("^task tour/task%-%d+$") ~= nil, true)
end)

case("wait raises what ended the task", function()
  local task = hik.spawn(function() hik.device("gate"):preset(0) end)
  local line = host.line(1) - 1
  fails(function() task:wait() end, {kind = "misuse", line = line})
  task = hik.spawn(function() error("boom") end)
  local ok, err = pcall(function() task:wait() end)
  equal(err, "testdata/tasks.lua:" .. host.line(1) - 2 .. ": boom")
end)

case("cancel", function()
  local task = hik.spawn(function() hik.sleep(1000) end)
  hik.sleep(1)
  task:cancel()
  fails(function() task:wait() end, {kind = "cancelled"})
end)

case("parallel", function()
  local from = hik.now()
  local results = hik.parallel({3, 1, 2}, function(n, i)
    hik.sleep(n)
    return n * 10 + i
  end)
  equal(results, {31, 12, 23})
  equal(hik.now() - from, 3)
  equal(hik.parallel({}, function() end), {})
end)

case("parallel with a limit", function()
  local from, running, most = hik.now(), 0, 0
  local results = hik.parallel({1, 2, 3, 4, 5}, function(n)
    running = running + 1
    most = math.max(most, running)
    hik.sleep(n)
    running = running - 1
    return n
  end, {limit = 2})
  equal(results, {1, 2, 3, 4, 5})
  equal(most, 2)
  equal(hik.now() - from, 9) -- 1+3+5 beside 2+4
  misuse('parallel: limit must be a whole number, 1 to 100000, not 0', function() hik.parallel({1}, print, {limit = 0}) end)
  misuse('parallel: unknown option "limt" (did you mean "limit"?)', function() hik.parallel({1}, print, {limt = 1}) end)
  misuse('parallel: the list must be a table, not "gate"', function() hik.parallel("gate", print) end)
end)

case("parallel raises the first error when all have ended", function()
  local ended = 0
  local from = hik.now()
  local ok, err = pcall(hik.parallel, {5, 2, 1}, function(n)
    hik.sleep(n)
    ended = ended + 1
    if n < 5 then error("no " .. n, 0) end
  end)
  equal({ok, err, ended, hik.now() - from}, {false, "no 1", 3, 5})
end)

case("parallel ends with its task", function()
  local count = {ticks = 0} -- a local variable is split in two by a pcall of bare gopher-lua
  local task = hik.spawn(function()
    hik.parallel({1, 2}, function()
      while true do hik.sleep(1) count.ticks = count.ticks + 1 end
    end)
  end)
  hik.sleep(3.5)
  equal(count.ticks, 6)
  task:cancel()
  fails(function() task:wait() end, {kind = "cancelled"})
  hik.sleep(5)
  equal(count.ticks, 6)
end)

case("parallel with more tasks than there may be", function()
  local list, count = {}, {running = 0}
  for i = 1, 2000 do list[i] = i end
  fails(function()
    hik.parallel(list, function() count.running = count.running + 1 hik.sleep(10) count.running = count.running - 1 end)
  end, {kind = "busy", message = "1000 tasks are running"})
  hik.sleep(20)
  equal(count.running, 0)
end)

case("finally", function()
  local order = {}
  local function last() order[#order + 1] = "last" end
  local a, b = hik.finally(function() order[1] = "fn" hik.sleep(1) return 1, 2 end, last)
  equal({a, b}, {1, 2}) equal(order, {"fn", "last"})
  local _, err = pcall(hik.finally, function() error({1}) end, last)
  equal(err, {1}) equal(#order, 3)
  fails(function() hik.finally(function() hik.sleep("soon") end, last) end, {kind = "misuse"}) equal(#order, 4)
  fails(function() hik.finally(function() end, function() error({kind = "second"}) end) end, {kind = "second"})
  fails(function() hik.timeout(2, function() hik.finally(function() hik.sleep(10) end, last) end) end, {kind = "timeout"})
  hik.sleep(0) equal(#order, 5)
  misuse("finally: the second function is missing; it must be a function", function() hik.finally(print) end)
end)

case("timeout", function()
  local from = hik.now()
  fails(function() hik.timeout("2s", function() hik.sleep(10) end) end, {kind = "timeout", message = "took longer than 2s", retryable = true})
  equal(hik.now() - from, 2)
  local a, b = hik.timeout(2, function() hik.sleep(1) return 1, 2 end)
  equal({a, b}, {1, 2})
  misuse("timeout: the duration must be more than 0", function() hik.timeout(0, print) end)
  misuse("timeout: the function must be a function, not 5", function() hik.timeout(1, 5) end)
end)

case("while the script loads", function()
  local seen = {} -- a table: bare gopher-lua splits locals at an error that pcall catches
  host.loading(true)
  local task = hik.spawn(function() seen.ran = true end)
  hik.sleep(1)
  equal(seen.ran, nil)
  misuse("wait: a script that is loading can't wait for a task, which starts once the script is live: do it in a job, or in hik.spawn(function() ... end)", function() task:wait() end)
  misuse("parallel: a script that is loading can't wait for tasks, which start once the script is live: do it in a job, or in hik.spawn(function() ... end)", function() hik.parallel({1}, print) end)
  host.loading(false)
  task:wait()
  equal(seen.ran, true)
end)

case("on_stop", function()
  hik.on_stop(function() end)
  equal(host.stops(), 1)
  misuse("on_stop: the function is missing; it must be a function", function() hik.on_stop() end)
  misuse("spawn: the function must be a function, not a device", function() hik.spawn(hik.device("gate")) end)
  misuse("wait: call it with a colon: task:wait(...)", function() hik.spawn(print).wait() end)
end)

case("resume", function()
  equal({hik.resume("sunrise")}, {hik.now(), hik.now() - 3600})
  equal({hik.resume(hik.now() + 60)}, {hik.now() + 60, hik.now() - 3600})
  equal(hik.resume(tostring(math.floor(hik.now()))), math.floor(hik.now()))
  equal({(hik.resume())}, {})
  equal(select(2, hik.resume()), hik.now() - 3600)
  misuse('resume: "sunrize" is no time', function() hik.resume("sunrize") end)
  host.loading(true)
  misuse("resume: a script that is loading can't go on with a run: do it in a job, or in hik.spawn(function() ... end)", function() hik.resume(1) end)
  host.loading(false)
end)
