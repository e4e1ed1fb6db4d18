local lobby = hik.device("lobby")
hik.at("03:30", function()
  local answer = lobby:request("GET", "/ISAPI/System/time", {query = {format = "json"}})
  if answer.status == 200 and answer.xml then print(answer.xml.localTime) end
  local body = hik.xml.encode("Time", {{"timeMode", "NTP"}})
  lobby:request("PUT", "/ISAPI/System/time", {body = body, content_type = "application/xml"})
end)
