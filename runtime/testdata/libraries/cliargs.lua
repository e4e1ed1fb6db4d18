local cli = require "cliargs"
cli:set_name("tour")
cli:argument("DEVICE", "which one")
cli:option("-d, --dwell=SECONDS", "how long", "5")
cli:flag("-v, --verbose", "say more")
local args = cli:parse{"--dwell=9", "-v", "gate"}
print(args.DEVICE, args.dwell, args.v, args.verbose)
