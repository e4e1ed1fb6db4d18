local function range(from, to, step)
  return coroutine.wrap(function()
    for i = from, to, step or 1 do coroutine.yield(i) end
  end)
end

local function merge(a, b)
  local co = coroutine.create(function()
    for x in a do coroutine.yield(x) end
    for x in b do coroutine.yield(x) end
  end)
  return function()
    local ok, value = coroutine.resume(co)
    return ok and value or nil
  end
end

local seen = {}
for n in merge(range(1, 3), range(10, 30, 10)) do seen[#seen + 1] = n end
print(table.concat(seen, " "), coroutine.running() ~= nil)
