local mediator = require "mediator"()
mediator:subscribe({"gate", "motion"}, function(x) print("motion", x) return nil, true end)
mediator:subscribe({"gate"}, function(x) print("gate", x) return x end)
print(#mediator:publish({"gate", "motion"}, 5))
