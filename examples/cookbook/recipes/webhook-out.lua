-- Each motion is told to a web server. What it does not take is kept, also over a
-- restart, and told later in the same order.
hik.state.queue = hik.state.queue or {}

local function deliver()
  while hik.state.queue[1] do
    local ok, answer = pcall(hik.http.post, hik.vars.hook, {json = hik.state.queue[1](), timeout = "5s"})
    if not ok or answer.status >= 300 then
      hik.log.warn("the hook does not answer", {waiting = #hik.state.queue})
      return
    end
    table.remove(hik.state.queue, 1)
  end
end

hik.on("door:motion", {name = "tell", overlap = "queue"}, function(event)
  if #hik.state.queue >= 1000 then table.remove(hik.state.queue, 1) end
  table.insert(hik.state.queue, {device = event.device, type = event.type, time = event.time})
end)

hik.every("5s", {name = "deliver"}, deliver)
