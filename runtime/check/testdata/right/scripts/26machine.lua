-- A state machine with functions in tables and goto.
local state, states = "idle", {}
function states.idle(ev) return ev == "motion" and "alarm" or "idle" end
function states.alarm(ev)
  if ev == "calm" then return "idle" end
  return "alarm"
end
states["off"] = function() return "off" end

local function feed(list)
  for _, ev in ipairs(list) do
    if ev == "" then goto continue end
    state = states[state](ev)
    print(ev, state)
    ::continue::
  end
end
feed{"motion", "", "calm"}
