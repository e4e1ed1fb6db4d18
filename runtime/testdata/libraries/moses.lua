local _ = require "moses"
print(_.sum(_.map({1, 2, 3}, function(v) return v * 2 end)), _.reduce({1, 2, 3}, function(a, b) return a + b end), _.max({4, 9, 2}), table.concat(_.reverse({1, 2, 3}), " "))
print(_.isEqual({1, {2}}, {1, {2}}), table.concat(_.unique({1, 1, 2}), " "), _.chain({3, 1, 2}):sort():first(2):value()[2], _.compose(function(x) return x + 1 end, function(x) return x * 2 end)(5))
