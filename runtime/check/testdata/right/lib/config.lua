-- Globals on purpose: every script that requires this has them.
HOME_PRESET = 1
SETTINGS = {dwell = 10, verbose = false}

function setting(name, default)
  local v = SETTINGS[name]
  if v == nil then return default end
  return v
end
