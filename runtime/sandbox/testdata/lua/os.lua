eq(os.time(), 1764036184) eq(os.date("%Y-%m-%d %H:%M:%S"), "2025-11-25 03:03:04") eq(os.date(nil), "Tue Nov 25 03:03:04 2025") eq(os.date(), "Tue Nov 25 03:03:04 2025") eq(os.date("!%H:%M"), "02:03")
eq(os.date("%a %A %b %B %d %e %H %I %j %m %M %p %S %w %y %Y %Z %z %%"), "Tue Tuesday Nov November 25 25 03 03 329 11 03 AM 04 2 25 2025 CET +0100 %")
eq(os.date("%x %X %D %T %R %F %C %h %G %g %V %u %U %W %k %l %s %r%n%t"), "11/25/25 03:03:04 11/25/25 03:03:04 03:03 2025-11-25 20 Nov 2025 25 48 2 47 47  3  3 1764036184 03:03:04 AM\n\t")
eq(os.date("%Q %Ey %Od %"), "%Q 25 25 %")
eq(os.date("%U %W %V", 1735689600), "00 00 01") eq(os.date("!%U %W %V %j", 1704067200), "00 01 01 001")
local t = os.date("*t", 0)
eq(t.year, 1970) eq(t.month, 1) eq(t.day, 1) eq(t.hour, 1) eq(t.min, 0) eq(t.sec, 0) eq(t.wday, 5) eq(t.yday, 1) eq(t.isdst, false)
eq(os.date("!*t", 1751328000).isdst, false) eq(os.date("*t", 1751328000).isdst, true)
eq(os.time{year = 2025, month = 7, day = 1, hour = 0}, 1751320800) eq(os.time{year = 2025, month = 7, day = 1}, 1751364000) eq(os.time{year = 2025, month = 14, day = -3, hour = 25, min = -90}, os.time{year = 2026, month = 1, day = 28, hour = 23, min = 30})
-- the clocks skip 02:30 on 30 March and show it twice on 26 October
eq(os.date("%H:%M", os.time{year = 2025, month = 3, day = 30, hour = 2, min = 30}), "03:30")
local first = os.time{year = 2025, month = 10, day = 26, hour = 2, min = 30}
eq(os.date("%H:%M %Z", first), "02:30 CEST")
eq(os.time{year = 2025, month = 10, day = 26, hour = 2, min = 30, isdst = true}, first) eq(os.time{year = 2025, month = 10, day = 26, hour = 2, min = 30, isdst = false}, first + 3600)
eq(os.time{year = 2025, month = 7, day = 1, hour = 12, isdst = false}, os.time{year = 2025, month = 7, day = 1, hour = 13}) eq(os.time{year = 2025, month = 1, day = 1, hour = 12, isdst = true}, os.time{year = 2025, month = 1, day = 1, hour = 11})
for s = 1743200000, 1743400000, 1777 do eq(os.time(os.date("*t", s)), s) end
for s = 1761350000, 1761550000, 1777 do eq(os.time(os.date("*t", s)), s) end
fails(function() os.time{year = 2025, month = 1} end, "field 'day' missing in date table") fails(function() os.time{year = 1e300, month = 1, day = 1} end, "field 'year' is out of range") fails(function() os.time(1) end, "table expected")
fails(function() os.date("%c", 1e300) end, "cannot be represented") fails(function() os.date("%c", 0/0) end, "cannot be represented") eq(os.date("!%S", 1.9), "01")
eq(os.difftime(5, 3), 2) eq(os.getenv("HOME_OF_TEST"), "/here") eq(os.getenv("PATH"), nil) eq(type(os.clock()), "number")
eq(io.write("a", 1), io.stdout) eq(io.stdout:write("b"), io.stdout) io.stderr:write("c"):write("d") eq(tostring(io.stderr), "file (stderr)") fails(function() io.write({}) end, "string expected") fails(function() io.stdout.write({}) end, "FILE%* expected")
fails(function() math.random(0) end, "interval is empty") fails(function() math.random(2, 1) end, "interval is empty")
math.randomseed(42) local a, b = math.random(), math.random(1e9) math.randomseed(42) eq(math.random(), a) eq(math.random(1e9), b)
for i = 1, 100 do local r = math.random(3) eq(r >= 1 and r <= 3, true) r = math.random(-5, -4) eq(r == -5 or r == -4, true) end
math.random(-1e300, 1e300)
