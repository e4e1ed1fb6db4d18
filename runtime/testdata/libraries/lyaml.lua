local implicit, functional = require "lyaml.implicit", require "lyaml.functional"
print(implicit.decimal("12"), implicit.hexadecimal("0xff"), implicit.bool("true"), implicit.float("1.5"), implicit.null("no"), implicit.octal("017"), implicit.sexagesimal("1:30"), implicit.inf(".inf"))
print(functional.anyof{implicit.null, implicit.bool, implicit.decimal}("42"), functional.isnull(functional.NULL), require "lyaml.explicit".int("7"))
