require "pl.compat"
local List, pretty, stringx, tablex, class, Set, template = require "pl.List", require "pl.pretty", require "pl.stringx", require "pl.tablex", require "pl.class", require "pl.Set", require "pl.template"
print(List{3, 1, 2}:sort():map(function(x) return x * 2 end), pretty.write({1, {2}}, ""), stringx.split("a,b,c", ","):concat("-"), stringx.strip("  x "))
print(tablex.deepcompare({1, {2}}, {1, {2}}), tostring(Set{1, 2} * Set{2, 3}), pretty.read("{1, 2, x = 'y'}").x)
local Animal = class() function Animal:_init(n) self.name = n end function Animal:__tostring() return self.name end
local Dog = class(Animal) print(tostring(Dog("rex")), Dog:class_of(Dog("a")), Animal:is_a(Dog))
print((template.substitute("# for i = 1, 2 do\nrow $(i)\n# end\n", {})))
print(require "pl.Date" {year = 2026, month = 3, day = 1}:year(), require "pl.sip".match and true, require "pl.seq".sum{1, 2}, require "pl.lapp"  and true)
print(require "pl.comprehension".new()("x ^ 2 for x")({1, 2, 3})[3], require "pl.func"._1 ~= nil, require "pl.xml".elem("a", {"b"}))
require "pl.strict"
print(pcall(function() return undefined_name end) == false)
