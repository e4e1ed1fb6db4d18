local function deep(n)
  if n == 0 then while true do end end --HERE
  return coroutine.wrap(deep)(n - 1) --HERE
end
deep(100)
