-- Two classes, one inheriting.
local Camera = {}
Camera.__index = Camera

function Camera.new(device, channel)
  local self = setmetatable({}, Camera)
  self.ch = hik.device(device):channel(channel)
  self.taken = 0
  return self
end

function Camera:shoot(label)
  self.taken = self.taken + 1
  return self.ch:snapshot():archive{label = label}
end

local Head = setmetatable({}, {__index = Camera})
Head.__index = Head

function Head.new(device, channel, home)
  local self = setmetatable(Camera.new(device, channel), Head)
  self.home = home
  return self
end

function Head:visit(preset)
  self.ch:preset(preset, {wait = true})
  local path = self:shoot("visit " .. preset)
  self.ch:preset(self.home)
  return path
end

local head, hall = Head.new("gate", "yard", 1), Camera.new("nvr", "hall")
hik.cron("15 * * * *", function()
  print(head:visit(2), hall:shoot("hourly"), head.taken)
end)
