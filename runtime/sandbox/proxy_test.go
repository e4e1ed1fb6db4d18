package sandbox

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// stand gives a userdata that stands for a table, as the host makes them.
func stand(L *lua.LState) int {
	behind := L.CheckTable(1)
	mt := L.CreateTable(0, 0)
	set := func(event string, fn lua.LGFunction) { mt.RawSetString(event, L.NewFunction(fn)) }
	set("__index", func(L *lua.LState) int { L.Push(behind.RawGet(L.Get(2))); return 1 })
	set("__newindex", func(L *lua.LState) int { behind.RawSet(L.Get(2), L.Get(3)); return 0 })
	set("__len", func(L *lua.LState) int { L.Push(lua.LNumber(behind.Len())); return 1 })
	set("__pairs", func(L *lua.LState) int {
		L.Push(L.NewFunction(func(L *lua.LState) int {
			k, v := behind.Next(L.Get(2))
			L.Push(k)
			L.Push(v)
			return 2
		}))
		L.Push(L.Get(1))
		L.Push(lua.LNil)
		return 3
	})
	ud := L.NewUserData()
	ud.Metatable = mt
	L.Push(ud)
	return 1
}

func TestUserdataThatStandsForATable(t *testing.T) {
	L := newTest(t)
	L.SetGlobal("stand", L.NewFunction(stand))
	run(t, L, `
		local function show(t) return table.concat(t, " ") end
		local behind = {"a", "b", "c"}
		local p = stand(behind)
		eq(#p, 3) eq(p[2], "b") eq(show(p), "a b c") eq(table.concat(p, ",", 2), "b,c")
		eq(select("#", unpack(p)), 3) eq(select(2, unpack(p)), "b") eq(table.unpack(p, 3), "c") eq(table.getn(p), 3)
		table.insert(p, "d") eq(show(behind), "a b c d")
		table.insert(p, 1, "z") eq(show(behind), "z a b c d")
		eq(table.remove(p), "d") eq(table.remove(p, 1), "z") eq(table.remove(p, 9), nil) eq(show(behind), "a b c")
		table.sort(p, function(a, b) return a > b end) eq(show(behind), "c b a")
		table.sort(p) eq(show(behind), "a b c")
		local seen = ""
		for i, v in ipairs(p) do seen = seen .. i .. v end
		for k, v in pairs(p) do seen = seen .. k .. v end
		for k, v in next, p do seen = seen .. k .. v end
		eq(seen, "1a2b3c1a2b3c1a2b3c")
		eq(next(p), 1) eq(next(stand{}), nil) eq(next({}), nil) eq(next({5}), 1) eq(next({5}, 1), nil)
		fails(function() table.insert(p) end, "wrong number of arguments") 
		fails(function() table.sort(p, function() return true end) end, "invalid order function")
		eq(show(behind), "a b c")
		fails(function() next(5) end, "table expected")
		fails(function() table.insert(io.stdout, 1) end, "table expected")`, "stand")
}
