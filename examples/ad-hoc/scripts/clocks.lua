-- What began as a line in the REPL and was worth keeping: each night the
-- devices' clocks are compared with this machine's.

hik.at(hik.vars.clocks, {name = "clocks"}, function()
  hik.parallel(hik.devices(), function(device)
    local ok, clock = pcall(device.time, device)
    if not ok then
      hik.log.warn("no clock: " .. tostring(clock))
    elseif math.abs(clock.ahead) > hik.vars.clock_limit then
      hik.log.warn(("%s: its clock is %+.0f s off; hiklua exec -e 'hik.device(\"%s\"):set_time()' sets it")
        :format(device.name, clock.ahead, device.name))
    end
  end)
end)
