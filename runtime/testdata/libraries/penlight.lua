local List, OrderedMap, Set, Map, MultiMap = require "pl.List", require "pl.OrderedMap", require "pl.Set", require "pl.Map", require "pl.MultiMap"
local pretty, stringx, tablex, class, seq = require "pl.pretty", require "pl.stringx", require "pl.tablex", require "pl.class", require "pl.seq"
print(List{3, 1, 2}:sort(), List.range(1, 6):filter(function(n) return n % 2 == 1 end), List.split("a b c"):join("-"))
local m = OrderedMap{{z = 1}, {a = 2}} m:set("k", 3) print(m, table.concat(m:keys(), ","))
print(Set{1, 2} * Set{2, 3}, Set{1} + Set{2} == Set{2, 1}, tablex.deepcompare({1, {2}}, {1, {2}}), #tablex.keys(Map{a = 1, b = 2}))
local mm = MultiMap() mm:set("a", 1) mm:set("a", 2) print(#mm.a)
class.Camera() function Camera:_init(name) self.name = name end function Camera:__tostring() return "camera " .. self.name end
class.Dome(Camera) print(Dome("gate"), Dome:class_of(Dome("x")), Camera:class_of(Dome("x")))
print(stringx.strip("  x "), stringx.split("a,b,c", ","), ("x"):rep(3), stringx.startswith("gate", "ga"), stringx.center("x", 5, "."), stringx.title("a b"))
print(pretty.write({1, 2, a = {b = "c"}}), pretty.number(123456789, "N", 2))

-- reading takes the methods of strings away meanwhile, and gives them back
local t = pretty.read('{1, "two", three = {4}, ["five six"] = true}') print(t[1], t[2], t.three[1], t["five six"])
print(pretty.read("{x = ('y'):rep(3)}") == nil, pretty.read("{function() end}"), (pretty.read("not a table")))
print(("still"):upper(), pretty.load("n = 2 + 3", {}, true).n, ("x"):rep(2))
print(pretty.load("for i = 1, 2 do end", {}, true))
seq.import() print(table.concat(seq.list{1, 2, 3}:map(function(n) return n * 2 end):copy(), " ")) debug.setmetatable(print, nil)
local sip = require "pl.sip" local found = {} print(sip.match("$v{device}:$d{channel}", "gate:12", found), found.device, found.channel)
local template = require "pl.template"
print((template.substitute("# for i = 1, 2 do\n$(i) $(name)\n# end\n", {name = "yard"})))
local xml = require "pl.xml" local doc = xml.parse("<a x='1'><b>text</b></a>", false, true) print(doc.attr.x, doc:child_with_name("b"):get_text(), xml.tostring(doc))
local data = require "pl.data" local rows = data.read(require "pl.stringio".open("name,at\ngate,5\nyard,7\n")) print(rows[2][1], rows[1][2], table.concat(rows:column_by_name("at"), " "))
local lapp = require "pl.lapp" local o = lapp("A tour.\n  -d,--dwell (default 10) seconds\n  -v verbose\n  <device> (string)\n", {"-d", "5", "gate"}) print(o.dwell, o.v, o.device)
local Date = require "pl.Date" local d = Date{year = 2026, month = 3, day = 4, hour = 12} print(d:year(), d:month_name(), d:weekday_name(), (Date.Format "yyyy-mm-dd"):tostring(d))
local comp = require "pl.comprehension".new() print(table.concat(comp "x*x for x" {1, 2, 3}, " "), comp "sum(x for x)" {4, 5})
local func = require "pl.func" print((func.I(func._1 + func._2))(3, 4)) print(require "pl.text".dedent("  a\n  b\n"), require "pl.url".quote("a b/c"))
print(require "pl.types".type(List()), require "pl.operator".add(1, 2), require "pl.array2d".reduce2("+", "+", {{1, 2}, {3, 4}}), require "pl.permute".table{1, 2}[1][1])
for kind, v in require "pl.lexer".lua("local x = 'y' -- z") do io.write("") print(kind, v) end
print(require "pl.config".read(require "pl.stringio".open("# of the gate\ndwell = 5\nnames = a,b\n")).dwell)
