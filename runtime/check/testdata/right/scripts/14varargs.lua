local function log(fmt, ...)
  if select("#", ...) == 0 then print(fmt) return end
  print(string.format(fmt, ...))
end

local function pack(...) return {n = select("#", ...), ...} end
local function bind(fn, ...)
  local first = pack(...)
  return function(...)
    local all = {unpack(first, 1, first.n)}
    for i = 1, select("#", ...) do all[first.n + i] = (select(i, ...)) end
    return fn(unpack(all, 1, first.n + select("#", ...)))
  end
end

local warn = bind(log, "[%s] %s")
warn("gate", "ready")
log("plain")
local old = function(...) return arg and arg.n or select("#", ...) end
print(old(1, nil, 3))
