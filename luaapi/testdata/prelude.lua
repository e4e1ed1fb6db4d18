-- What the tests in this folder are written with. `host` is the fake host.
cases = {}

-- case names a part of a test; its errors are reported under that name.
function case(name, fn)
  cases[#cases + 1] = name
  local ok, err = pcall(fn)
  if not ok then
    host.fail(name .. ": " .. tostring(err))
  end
end

local function show(v)
  if type(v) == "string" then return string.format("%q", v) end
  if type(v) ~= "table" then return tostring(v) end
  local parts = {}
  for k, item in pairs(v) do parts[#parts + 1] = tostring(k) .. "=" .. show(item) end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- equal compares values, tables by content.
function equal(got, want, what)
  if show(got) ~= show(want) then
    error((what or "value") .. "\n   got " .. show(got) .. "\n  want " .. show(want), 3)
  end
end

-- fails runs fn, which must raise an error with the fields of want.
function fails(fn, want)
  local ok, err = pcall(fn)
  if ok then error("no error; want " .. show(want), 3) end
  if type(err) ~= "table" then error("a plain error: " .. tostring(err), 3) end
  for k, v in pairs(want) do
    if err[k] ~= v then
      error(k .. "\n   got " .. show(err[k]) .. "\n  want " .. show(v), 3)
    end
  end
  return err
end

-- misuse is fails for wrong use: kind, message, and the line of the call.
function misuse(message, fn)
  local line = host.line(2)
  return fails(fn, {kind = "misuse", message = message, line = line, script = "tour"})
end
