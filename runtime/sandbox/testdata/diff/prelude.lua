-- What the programs of the difference test are made with. Texts of errors are not compared, nor digits beyond ten.
local unpack, setmetatable, select, pcall, type, tostring, tonumber, ipairs, error = unpack, setmetatable, select, pcall, type, tostring, tonumber, ipairs, error
local lines = {}
-- C's library, not Lua, says whether the text of an infinity reads as a number, and how a table is written: programs get neither.
local written = tostring
local function tostring(v)
  if type(v) == "table" or type(v) == "function" then return type(v) end
  return type(v) == "number" and v - v ~= 0 and "infinite" or written(v)
end
local function shown(v)
  if type(v) == "number" then return v ~= v and "nan" or v == 0 and "0" or ("%.10g"):format(v) end
  if type(v) == "string" then return "'" .. v:sub(1, 40) .. "'" end
  if type(v) == "boolean" or v == nil then return tostring(v) end
  return type(v)
end
local function p(...)
  local list = {}
  for i = 1, select("#", ...) do list[i] = shown((select(i, ...))) end
  if #lines < 60 then lines[#lines + 1] = table.concat(list, ",") end
end
local function q(ok, ...) if ok then p(true, ...) else p("error") end end
local function f(x) return (tonumber(x) or 0) % 5 end
local function two(a, b) return b, a end
local function many(...) return ... end
local V = {}
local function vector(x) return setmetatable({x = x}, V) end
local function of(v) return type(v) == "table" and v.x or tonumber(v) or 0 end
V.__add = function(a, b) return vector(of(a) + of(b)) end
V.__sub = function(a, b) return vector(of(a) - of(b)) end
V.__mul = function(a, b) return vector(of(a) * of(b)) end
V.__div = function(a, b) return vector(of(a) / (of(b) + 1000)) end
V.__mod = setmetatable({}, {__call = function(_, a, b) return vector(of(b) - of(a)) end})
V.__pow = function(a, b) return vector(of(a) + 2 * of(b)) end
V.__unm = function(a, b) return vector(-of(a) + (rawequal(a, b) and 0 or 1)) end
V.__concat = function(a, b) return "<" .. of(a) .. "|" .. of(b) .. ">" end
V.__eq = function(a, b) return of(a) == of(b) end
V.__lt = function(a, b) return of(a) < of(b) end
V.__le = setmetatable({}, {__call = function(_, a, b) return of(a) <= of(b) end})
V.__len = function() return 77 end
V.__call = function(self, a, ...) return self.x, a, select("#", ...) end
V.__index = function(t, k) return k == "double" and t.x * 2 or V[k] end
V.__newindex = function(t, k, v) rawset(t, k, type(v) == "number" and v + 1 or v) end
function V:get(a, ...) return self.x, a, ... end
function V.plain(a) return a end
local base = setmetatable({inherited = 5}, {__index = setmetatable({deep = 6}, {__index = function(_, k) return k end})})
local function run(n, fn)
  lines = {}
  G1, G2 = 3, nil
  local ok = pcall(fn, 1, "2", nil, 4)
  if not ok then p("error") end
  print(n .. ": " .. table.concat(lines, " | "))
end
