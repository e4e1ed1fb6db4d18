-- visit(channel, preset) turns a head to a preset and takes a picture there.
-- The head is the caller's alone meanwhile.
return function(channel, preset)
  return channel:exclusive(function()
    channel:preset(preset, {wait = true})
    return channel:snapshot()
  end)
end
