local heads = {}
heads.__index = heads

function heads.new(channel) return setmetatable({channel = channel, moves = 0}, heads) end

function heads:go(preset, ...)
  self.moves = self.moves + 1
  return self.channel:preset(preset, ...)
end

return heads
