local state, shared = hik.state, hik.shared_state

case("values", function()
  equal(state.nothing, nil)
  state.n, state.s, state.yes, state.no = 1.5, "text", true, false
  equal({state.n, state.s, state.yes, state.no}, {1.5, "text", true, false})
  state.n = nil
  equal(state.n, nil)
  state["a key"], state[3], state["3"] = 1, "three", "text"
  equal({state["a key"], state[3], state["3"]}, {1, "three", "text"})
  equal(state[true], nil)
  equal(state[nil], nil)
end)

case("tables are written through", function()
  state.a = {}
  state.a.b = {c = 1}
  state.a.b.c = state.a.b.c + 1
  equal(state.a.b.c, 2)
  local b = state.a.b
  b.d = "x"
  equal(state.a.b.d, "x")
  equal(type(b), "userdata")
  equal(state.a.b == b, true)
  equal(state.a == b, false)
end)

case("what is assigned is copied", function()
  local t = {1, 2, {x = "y"}}
  state.t = t
  t[1], t[3].x = 100, "z"
  equal({state.t[1], state.t[3].x}, {1, "y"})
  state.u = state.t
  state.t[1] = 5
  equal({state.t[1], state.u[1]}, {5, 1})
  state.a = {inner = state.u, beside = hik.vars.map}
  equal({state.a.inner[2], state.a.beside.deep.y}, {2, 2})
  state.a.me = state.a -- as it is at this moment
  equal(state.a.me.inner[2], 2)
  equal(state.a.me.me, nil)
end)

case("pairs and length", function()
  state.list = {"a", "b", "c"}
  equal(#state.list, 3)
  state.list[#state.list + 1] = "d"
  equal(#state.list, 4)
  local got = {}
  state.mixed = {10, 20, x = "X", sub = {1}}
  for k, v in pairs(state.mixed) do
    got[#got + 1] = tostring(k) .. "=" .. (type(v) == "userdata" and #v or v)
  end
  equal(table.concat(got, " "), "1=10 2=20 sub=1 x=X")
  for k in pairs(state.mixed) do state.mixed[k] = nil end
  equal(hik.json.encode(state.mixed), "{}")
  got = {}
  for k in pairs(state) do got[#got + 1] = tostring(k) end
  equal(#got > 3, true)
end)

case("a copy", function()
  state.c = {1, 2, x = {y = 3}}
  local copy = state.c()
  equal(type(copy), "table")
  equal(copy, {1, 2, x = {y = 3}})
  copy.x.y = 4
  equal(state.c.x.y, 3)
  equal(#copy, 2)
  equal(type(state()), "table")
  state.c = nil
end)

case("text", function()
  state.c = {x = {1, 2}}
  equal(tostring(state.c), 'hik.state.c {"x":[1,2]}')
  equal(hik.json.encode({at = state.c}), '{"at":{"x":[1,2]}}')
  local x = state.c.x
  state.c = nil
  equal(tostring(x), "hik.state.c.x (no longer there)")
  equal({x[1], #x, x()}, {nil, 0, nil})
  misuse('hik.state: c.x[1] cannot be written: there is no table at c.x', function() x[1] = 5 end)
  misuse("hik.state.gone can't be hik.state.c.x: it is no longer there", function() state.gone = x end)
end)

case("what can't be kept is named", function()
  misuse("hik.state.f can't be a function: the state keeps strings, numbers, booleans and tables of them", function() state.f = print end)
  misuse("hik.state.a.list[2] can't be a function: the state keeps strings, numbers, booleans and tables of them", function() state.a = {list = {1, print}} end)
  misuse("hik.state.dev can't be a device: the state keeps strings, numbers, booleans and tables of them", function() state.dev = hik.device("gate") end)
  misuse("hik.state.co can't be a thread: the state keeps strings, numbers, booleans and tables of them", function() state.co = coroutine.create(print) end)
  local loop = {}
  loop.inner = {loop}
  misuse("hik.state.loop.inner[1] can't be a table that it is part of", function() state.loop = loop end)
  equal(state.loop, nil)
  misuse("hik.state.t can't have true as a key: keys are strings and numbers", function() state.t = {[true] = 1} end)
  misuse("hik.state: a key is a string or a number, not true", function() state[true] = 1 end)
  misuse("hik.state: a key is a string or a number, not nil", function() state[nil] = 1 end)
  misuse("hik.state can't be assigned, its keys can: hik.state.name = value", function() hik.state = {} end)
end)

case("limits are named", function()
  local _, err = pcall(function() state.big = string.rep("x", 65537) end)
  equal(err.message, "hik.state: big: the string has 65537 bytes, a string has at most 65536 (64 kB): larger things belong in a file")
  equal({err.kind, state.big}, {"misuse", nil})
  _, err = pcall(function() state[string.rep("k", 300)] = 1 end)
  equal(err.message:match("the key has 300 bytes, a key has at most 256") ~= nil, true, err.message)
  local deep = {}
  for _ = 1, 20 do deep = {deep} end
  _, err = pcall(function() state.deep = deep end)
  equal(err.message:match("tables lie 17 deep, at most 16 are allowed") ~= nil, true, err.message)
  local chunk, many = string.rep("x", 60000), {}
  for i = 1, 17 do many[i] = chunk end
  state.many = many
  _, err = pcall(function() state.more = chunk end)
  equal(err.message:match("all of it is at most 1048576") ~= nil, true, err.message)
  state.many = nil
  state.more = chunk
  state.more = nil
  for i = 1, 100 do many[i] = chunk end
  _, err = pcall(function() state.many = many end)
  equal(err.message:match("larger than a script may keep, which is 1 MB") ~= nil, true, err.message)
  equal(state.many, nil)
end)

case("shared", function()
  shared.a = {n = 1}
  equal(shared.a.n, 1)
  equal(tostring(shared.a), 'hik.shared_state.a {"n":1}')
  state.a = shared.a
  equal(state.a.n, 1)
  equal(state.a == shared.a, false)
  misuse("hik.shared_state.f can't be a function: the state keeps strings, numbers, booleans and tables of them", function() shared.f = print end)
end)

case("a metatable can't be reached", function()
  equal(getmetatable(state.a), "hik state table")
  equal(pcall(setmetatable, state.a, {}), false)
end)
