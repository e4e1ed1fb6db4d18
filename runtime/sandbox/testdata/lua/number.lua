-- Text that reads as a number, in arithmetic.
eq("010" + 1, 11) eq("00001" + "00011", 12) eq("0x10" + 0, 16) eq("0XfF" * 1, 255) eq(" 5\t" + 0, 5) eq("1e3" - 1, 999)
eq("-2" ^ 2, 4) eq("7" % "4", 3) eq("-7" % "4", 1) eq("9" / "2", 4.5) eq(".5" + "5.", 5.5) eq(-"010", -10) eq(-"0x10", -16) eq("+3" * "08", 24)
for _, text in ipairs{"", " ", "abc", "1_000", "0b1", "0o7", "1e", "0x", "0xg", "1 2", "inf", "nan", "infinity", "--1", "0x1_0"} do
  fails(function() return text + 1 end, "attempt to perform arithmetic on .*string value")
  fails(function() return 2 ^ text end, "attempt to perform arithmetic on .*string value")
  fails(function() return -text end, "attempt to perform arithmetic on .*string value")
  eq(tonumber(text), nil, text)
end
fails(function() return "1" + nil end, "nil value") fails(function() return {} - "1" end, "table value")
local other = setmetatable({}, {__add = function(a, b) return type(a) .. type(b) end, __unm = function() return "minus" end})
eq("1" + other, "stringtable") eq(other + "x", "tablestring") eq("x" + other, "stringtable") eq(-other, "minus")
eq(getmetatable(""), false) eq((""):len(), 0) eq((" ").__add, nil)
-- Strings are compared as strings, and are other keys than numbers.
eq("10" < "9", true) eq("10" == 10, false) eq(({["1"] = "s", [1] = "n"})["1"], "s") fails(function() return "1" < 2 end, "attempt to compare")
-- Bounds of loops.
local sum = 0
for i = "1", "010", "0x2" do sum = sum + i end
eq(sum, 25)
for i = "1", "1" do eq(type(i), "number") end
fails(function() for i = "a", 1 do end end, "'for' initial value must be a number")
fails(function() for i = 1, {} do end end, "'for' limit must be a number")
fails(function() for i = 1, 2, "" do end end, "'for' step must be a number")
-- Arguments.
eq(("x"):rep("010"), "xxxxxxxxxx") eq(("abcdefghij"):sub("010"), "j") eq(math.max("010", 9), 10) eq(math.floor("0x1F"), 31) eq(string.char("065"), "A")
eq(select("02", "a", "b"), "b") eq(tonumber("010"), 10) eq(tonumber("7", 8), 7) eq(tonumber(10, 16), 16) eq(tonumber("-ff", 16), -255) eq(tonumber("+z", 36), 35)
eq(("x"):rep(1.5e0), "x") eq(table.concat({1, 2.5, 1e15}, 0), "102.501e+15") eq(unpack({1, 2, 3}, "3"), 3)
-- Numbers of the source.
eq(010, 10) eq(0010, 10) eq(00.5, 0.5) eq(1e400, math.huge) eq(0xffffffffffffffffff, 2 ^ 72 - 1) eq(08, 8)

-- Numbers as text.
local inf = math.huge
for _, case in ipairs{
  {0.1, "0.1"}, {1 / 3, "0.33333333333333"}, {1e14 - 1, "99999999999999"}, {1e14, "1e+14"}, {1e15, "1e+15"}, {2 ^ 53, "9.007199254741e+15"},
  {1e100, "1e+100"}, {1e-5, "1e-05"}, {0.0001, "0.0001"}, {-1.5, "-1.5"}, {inf, "inf"}, {-inf, "-inf"}, {3.0, "3"}, {123456789012, "123456789012"},
  {1795981357.332, "1795981357.332"}, {0.1 + 0.2, "0.3"}, {100 * 1.1, "110"}, {-(inf - inf == 0 and 1 or 0), "-0"}, {5e-324, "4.9406564584125e-324"}, {1e21, "1e+21"},
} do
  local n, text = case[1], case[2]
  eq(tostring(n), text) eq(n .. "", text) eq("" .. n, text) eq(n .. n, text .. text) eq(("%s"):format(n), text) eq(table.concat{n, n}, text .. text)
  eq(("x"):gsub("x", n), text) eq(("x"):gsub("x", {x = n}), text) eq(("x"):gsub("x", function() return n end), text)
  eq(string.len(n), #text) eq(string.upper(n):lower(), text) eq(select(2, pcall(error, n)), text) eq(string.rep("a", 2, n), "a" .. text .. "a")
end
matches(tostring(0 / 0), "^-?nan$") matches("" .. 0 / 0, "^-?nan$")
-- A metamethod gets numbers, and what it gives is written so.
local seen
local object = setmetatable({}, {__concat = function(a, b) seen = type(a) .. " " .. type(b) return 1e15 end})
eq(1 .. object, 1e15) eq(seen, "number table") eq(object .. 1 .. 2, 1e15) eq(seen, "table string") eq("x" .. object .. "y", "x1e+15")
fails(function() return 1 .. nil end, "nil value") fails(function() return "a" .. {} .. "b" end, "table value")
eq(("%s"):format(setmetatable({}, {__tostring = function() return 1e15 end})), "1e+15") eq(tostring(setmetatable({}, {__tostring = function() end})), nil)
-- The remainder is that of Lua 5.1, of text as well.
local function mod(a, b) local r = a % b return r end
eq(mod(7, 3), 1) eq(mod(-7, 3), 2) eq(mod(7, -3), -2) eq(mod(7, 0.1), 0) eq(mod("7", 0.1), 0) eq(mod(5.5, 2), 1.5) eq(mod(0, 5), 0) matches(tostring(mod(1, 0)), "nan")
for i = 1, 3 do local a, b, c = i % 2, (i + 1) % 2, (function() return i % 3 end)() eq(a + b, 1) eq(c, i % 3) end
-- What came of an error.
eq(select(2, pcall(error, 5)), "5") fails(function() error(5) end, ":%d+: 5$") fails(function() assert(false, 1.5) end, ":%d+: 1.5$")
fails(function() ipairs("x") end, "table expected, got string")
eq(("%+x|% o|%5s|%g"):format(255, 8, "a", -math.huge), "ff|10|    a|-inf") fails(function() ("%d %y"):format(1) end, "no value")
matches(tostring(math.acos(2)), "^nan$") eq(tostring(math.fmod(1, 0)), tostring(0 / 0)) eq(("%f"):format(0 / 0), tostring(0 / 0))
