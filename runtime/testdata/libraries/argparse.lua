local parser = require "argparse"("tour", "Visits presets.")
parser:argument("device", "Which one.")
parser:option("-d --dwell", "Seconds.", 5):convert(tonumber)
parser:flag("-v --verbose")
local args = parser:parse{"gate", "--dwell", "7", "-v"}
print(args.device, args.dwell, args.verbose)
print(parser:pparse{"gate", "--dwel", "7"})
print(parser:get_usage())
