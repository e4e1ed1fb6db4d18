local encode, decode = hik.json.encode, hik.json.decode
local function load_list(path)
  if not hik.file.exists(path) then return {} end
  local ok, list = pcall(decode, hik.file.read(path))
  return ok and list or {}
end
hik.every("1h", function()
  local list = load_list("list.json")
  list[#list + 1] = {at = hik.now(), note = hik.json.null}
  hik.file.write("list.json", encode(list, {indent = true}))
  hik.file.rename("list.json", "list-" .. hik.date("%F") .. ".json")
  for _, f in ipairs(hik.file.list("")) do
    if f.name:match("^list%-") and f.time < hik.now() - 7 * 86400 then hik.file.remove(f.name) end
  end
end)
