-- A queue between a handler and a worker.
local queue, head, tail = {}, 1, 0
local function push(v) tail = tail + 1 queue[tail] = v end
local function pop()
  if head > tail then return nil end
  local v = queue[head]
  queue[head] = nil
  head = head + 1
  return v
end

hik.device("nvr"):on("motion", function(ev) push(ev) end)
hik.spawn(function()
  while true do
    local ev = pop()
    if ev then
      hik.device("nvr"):channel(ev.channel):snapshot():archive{label = ev.type}
    else
      hik.sleep(1)
    end
  end
end)
