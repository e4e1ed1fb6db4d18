-- Settings from site.yaml with defaults.
local night = hik.vars.night
local settings = {
  begin = night.begin,
  finish = night.finish or "06:00",
  dwell = hik.vars.dwell or "10s",
  presets = hik.vars.presets,
  webhook = hik.vars.webhook,
}
settings.between = settings.begin .. "-" .. settings.finish
local yard = hik.device("gate"):channel("yard")
hik.every("30m", {between = settings.between}, function()
  for _, p in ipairs(settings.presets) do
    yard:preset(p, {wait = true})
    hik.sleep(settings.dwell)
  end
end)
