local function f() pcall(f) pcall(f) end --HERE
f() --HERE
