-- A webhook with the picture, retried.
local retry = require "hik.retry"
local hall = hik.device("nvr"):channel("hall")

local function send(text, picture)
  return retry(function()
    local answer = hik.http.post(hik.vars.webhook, {
      json = {text = text, picture = picture and picture.base64},
      timeout = "10s",
    })
    if answer.status >= 300 then
      error({kind = "http", message = "status " .. answer.status, retryable = answer.status >= 500})
    end
    return hik.json.decode(answer.body)
  end, {times = 4, pause = "3s"})
end

hall:on("face", function(ev)
  local ok, result = pcall(send, "face at " .. hik.date("%H:%M", ev.time), hall:snapshot())
  if not ok then hik.log.warn("not sent", {error = tostring(result)}) end
end)
