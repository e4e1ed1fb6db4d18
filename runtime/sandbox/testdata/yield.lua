-- What it prints is in yield.txt, written by the Lua 5.1 of lua.org.
local function show(...) local t = {n = select("#", ...), ...} for i = 1, t.n do t[i] = tostring(t[i]) end print(t.n, table.concat(t, " ")) end
local y = coroutine.yield
local function co(f, ...) local c = coroutine.create(f) return function(...) show(coroutine.resume(c, ...)) return coroutine.status(c) end end
local c = co(function(...) show(...) local a, b, cc = y() show(a, b, cc) local d = y(1, 2, 3) show(d) show(y("multi")) local t = {y()} show(#t, unpack(t)) return (y("paren")) end)
show(c(1, 2)) show(c("a")) show(c("d", "dropped")) show(c(7, 8, 9)) show(c(nil, 5)) show(c("r", "s")) show(c())
-- tail-called yields at several depths; the caller wants 0, 1, 2, 3, all
local function tail(...) return y(...) end
c = co(function() tail("zero") local a = tail("one") show(a) local a, b = tail("two") show(a, b) local a, b, d = tail("three") show(a, b, d) show(tail("all")) return tail("last") end)
for i = 1, 6 do show(c(i, i * 10)) end
show(c(99)) show(c(98))
local function t2(...) return tail(...) end local function t3(...) return t2(...) end
c = co(function(...) local a, b = t3(...) show(a, b) return t3(a, b) end)
show(c("x")) show(c("p")) show(c("q", "r")) show(c())
-- yield in conditions, arithmetic, arguments, upvalues, loops
c = co(function() local s = 0 while y(s) do s = s + y("n") end if not y("c") then s = s .. y("cat") end return s, #{y(), y(), y()} end)
show(c()) show(c(true)) show(c(5)) show(c(true)) show(c(6)) show(c(false)) show(c(nil)) show(c("!")) show(c(1)) show(c(2)) show(c(3, 4, 5)) show(c())
c = co(function(...) local n = select("#", ...) local f = function() n = n + 1 return y(n) end f() local z = f() show(z) show(f(), f()) return n end)
show(c(nil, nil)) show(c(1)) show(c(2)) show(c(3)) show(c(4)) show(c())
-- wrap in a for, a generator of several values
for a, b in coroutine.wrap(function() for i = 1, 3 do y(i, i * i) end end) do show(a, b) end
-- recursion
local function walk(t) if type(t) == "table" then for _, v in ipairs(t) do walk(v) end else y(t) end end
local out = {} for v in coroutine.wrap(function() walk({1, {2, {3, 4}, 5}, {{6}}}) end) do out[#out + 1] = v end show(unpack(out))
-- errors after yields
c = co(function() y(1) error("seven", 0) end) c() c() show(c())
c = co(function() local ok, e = pcall(function() error("in") end) y(ok) local x = y() return x.y end) show(c()) show(c()) c(setmetatable({}, {__index = function(_, k) return k end}))
-- a coroutine inside a coroutine, both suspended
c = co(function() local inner = coroutine.wrap(function(a) local b = y(a) return b, "done" end) show(inner("i1")) local r = y("o1") show(r) show(inner("i2")) return y("o2") end)
show(c()) show(c("R")) show(c("fin", "fin2")) show(c())
-- methods and metamethod __call
local o = setmetatable({}, {__call = function(self, ...) return y(...) end}) function o:m(...) local a, b = y(self == o, ...) return b, a end
c = co(function() show(o("call")) show(o:m(1, 2)) return o("tail") end) show(c()) show(c("a", "b")) show(c("c", "d")) show(c("e", "f"))
-- many values
c = co(function() local t = {y()} show(#t) return select("#", y(unpack(t))) end) c() local many = {} for i = 1, 150 do many[i] = i end show(c(unpack(many))) show(c(unpack(many)))
-- vararg functions with fixed results
c = co(function(...) local function v(...) local a, b = y(...) return a, b, ... end local p, q, r = v(1, 2) show(p, q, r) show(v(...)) end)
show(c("x")) show(c(1)) show(c()) show(c())
