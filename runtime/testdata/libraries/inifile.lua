-- its parse reads files with io.lines, or with the backend that one gives it
local inifile = require "inifile"
print(type(inifile.parse), type(inifile.save))
local ok, t = pcall(inifile.parse, "[gate]\ndwell=5\non=true\nname=yard\n", "memory")
if ok and t then print(t.gate and t.gate.dwell, t.gate and t.gate.on, t.gate and t.gate.name) end
