local level = hik.vars.level
local name = level == 1 and "low" or level == 2 and "high" or "none"
local log = ({low = hik.log.debug, high = hik.log.warn})[name] or hik.log.info
log("level", {level = name});
(function() local x = 1; print(x) end)()
local t = {f = function(self, n) return self, n end, [1] = "one", ["a b"] = 2; 3}
print((t:f(2)), t["a b"], #t, not not level, (" "):rep(2) == "  ")
do local level = 2 print(level) end
while level do level = nil end
if level == nil then elseif level then end
