-- after pm.lua's topics, in words of our own
local function f(...) local a, b = string.find(...) return tostring(a) .. " " .. tostring(b) end
eq(f("", ""), "1 0") eq(f("alo", ""), "1 0") eq(f("alo", "", 10), "4 3") eq(f("a\0a\0ab", "%zab", 1), "4 6") eq(f("a\0ab", "\0ab"), "2 4")
eq(f("alo(.)x", "(.)", 1, true), "4 6") eq(f("abc", "b", -1), "nil nil") eq(f("abc", "b", -100), "2 2") eq(f("hello", "xyz", 100, true), "nil nil")
eq(("hello world"):match("^(%w+)"), "hello") eq(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), "key") eq(select(2, ("key = value"):match("^(%w+)%s*=%s*(%w+)$")), "value")
eq(("abc"):match("()b()"), 2) eq(select(2, ("abc"):match("()b()")), 3) eq(("aaab"):match("a-b"), "aaab") eq(("aaa"):match("a-"), "") eq(("aaa"):match("^a-$"), "aaa")
eq(("aaab"):match("a*ab"), "aaab") eq(("aab"):match("a?a?a?b"), "aab") eq(("THE (quick) fox"):find("%((%a+)%)"), 5) eq(("[[x]]"):match("%b[]"), "[[x]]")
eq(("f(a(b)c)d"):match("%b()"), "(a(b)c)") eq(("((a)"):match("%b()"), "(a)") eq(("THE (quick) fox"):match("%f[%a]%a+%f[%A]", 5), "quick") eq(("hello"):match("%f[%z]()"), 6)
eq(('say "hi" and \'yo\''):match("([\"'])(.-)%1"), '"') eq(("abab"):match("(ab)%1"), "ab") eq(("abac"):match("(ab)%1"), nil)
eq(("]"):match("[]]"), "]") eq(("^"):match("[x^]"), "^") eq(("-"):match("[a-]"), "-") eq(("b"):match("[a-c]"), "b") eq(("a]"):match("[^]]"), "a") eq(("%"):match("[%%]"), "%") eq(("5"):match("[%a5]"), "5")
eq(("a-c"):match("[%a-c]+"), "a-c") eq(("x"):match("[^%s]"), "x") eq(("é"):match("[\195][\169]"), "é") eq(("a$b"):match("a$b"), "a$b") eq(("a^b"):match("a^b"), "a^b")
eq(("0123456789abcdefG"):match("%x+"), "0123456789abcdef") eq(("a\tb"):match("%c"), "\t") eq(("a,b"):match("%p"), ",") eq(("aB"):match("%u"), "B") eq(("AB c"):match("%L+"), "AB ") eq((" \t\n\v\f\rx"):match("^%s+"), " \t\n\v\f\r")

local list = {}
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do list[#list + 1] = k .. v end
eq(table.concat(list, " "), "a1 b2")
list = {}
for w in ("one two"):gmatch("%a+") do list[#list + 1] = w end
eq(table.concat(list, "|"), "one|two")
list = {}
for p in ("abc"):gmatch("()") do list[#list + 1] = p end
eq(table.concat(list, " "), "1 2 3 4")
for _ in ("x"):gmatch("^x") do error("^ is no anchor in gmatch") end
list = {}
for a in ("xuxx uu ppar r"):gmatch("()(.)%2") do list[#list + 1] = a end
eq(table.concat(list, " "), "3 6 9")

eq(("hello"):gsub("l", "L"), "heLLo") eq(select(2, ("hello"):gsub("l", "L")), 2) eq(("hello"):gsub("l", "L", 1), "heLlo") eq(("hello"):gsub("l", "L", 0), "hello") eq(("hello"):gsub("l", "L", -1), "hello")
eq(("abc"):gsub("", "-"), "-a-b-c-") eq(("abc"):gsub("%w", "%0%0"), "aabbcc") eq(("abc"):gsub("(%w)", "%1."), "a.b.c.") eq(("hello world"):gsub("(%w+) (%w+)", "%2 %1"), "world hello")
eq(("abc"):gsub("%w", "%1"), "abc") eq(("x"):gsub("x", "%%"), "%") eq(("abc"):gsub("b", {b = "B"}), "aBc") eq(("abc"):gsub("%w", {b = false, c = 3}), "ab3") eq(("abc"):gsub("()b", {[2] = "two"}), "atwoc")
eq(("abc"):gsub("%w", function(c) if c == "b" then return "[" .. c .. "]" end end), "a[b]c") eq(("aaa"):gsub("^a", "b"), "baa") eq(("a b"):gsub("%s*$", ""), "a b") eq(("x = 1 "):gsub("%s+$", ""), "x = 1")
eq(("$name is $age"):gsub("%$(%w+)", setmetatable({}, {__index = function(_, k) return k:upper() end})), "NAME is AGE") eq(("abc"):gsub("a", 7), "7bc") eq((""):gsub("", "x"), "x") eq((""):gsub("^", "x"), "x")
eq(string.gsub("alo \250lo", "\250lo", "x"), "alo x") eq(("trim  "):gsub("^%s*(.-)%s*$", "%1"), "trim") eq(select("#", ("x"):gsub("x", "y")), 2)

fails(function() ("a"):find("[a") end, "malformed pattern %(missing ']'%)") fails(function() ("a"):find("[]") end, "malformed pattern %(missing ']'%)") fails(function() ("a"):find("[^]") end, "malformed pattern %(missing ']'%)")
fails(function() ("a"):find("[a%]") end, "malformed pattern %(missing ']'%)") fails(function() ("a"):find("[a%") end, "malformed pattern %(missing ']'%)") fails(function() ("a"):find("%") end, "malformed pattern %(ends with '%%'%)")
fails(function() ("a"):find("(a") end, "unfinished capture") fails(function() ("a"):match("a)") end, "invalid pattern capture") fails(function() ("a"):find("%1") end, "invalid capture index")
fails(function() ("a"):find("(a%1)") end, "invalid capture index") fails(function() ("a"):find("%b") end, "unbalanced pattern") fails(function() ("a"):find("%ba") end, "unbalanced pattern")
fails(function() ("a"):find("%f") end, "missing '%[' after '%%f' in pattern") fails(function() ("a"):find(("()"):rep(33)) end, "too many captures") fails(function() ("a"):gsub("a", "%2") end, "invalid capture index")
fails(function() ("a"):gsub("a", function() return {} end) end, "invalid replacement value %(a table%)") fails(function() ("a"):gsub("a") end, "string/function/table expected") fails(function() ("a"):gsub("a", true) end, "string/function/table expected")
fails(function() ("a"):rep(300):find(("a?"):rep(300)) end, "pattern too complex") eq(("a"):rep(1000):find(".-b"), nil) eq(#("a"):rep(1e5):match(".*"), 1e5)
