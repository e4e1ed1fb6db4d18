package sandbox

import lua "github.com/yuin/gopher-lua"

// What the host gives as userdata may stand for a table: hik.state does. The
// functions of the table library, unpack and next treat it as one, through its
// metamethods, as later versions of Lua do with everything.

// standIn is argument 1 if it stands for a table, else nil.
func standIn(L *lua.LState) *lua.LUserData {
	ud, ok := L.Get(1).(*lua.LUserData)
	if !ok || madeByScript(ud) || L.GetMetaField(ud, "__len") == lua.LNil || L.GetMetaField(ud, "__pairs") == lua.LNil {
		return nil
	}
	return ud
}

// items are those of the list that v stands for.
func items(L *lua.LState, v lua.LValue, from, to int) []lua.LValue {
	var list []lua.LValue
	for i := from; i <= to; i++ {
		list = append(list, L.GetTable(v, lua.LNumber(i)))
		checkEvery(L, i)
	}
	return list
}

// asTable puts an ordinary table with the items of the list in the place of
// argument 1, for functions that only read.
func asTable(fn lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		if v := standIn(L); v != nil {
			t := L.CreateTable(0, 0)
			for i, item := range items(L, v, 1, L.ObjLen(v)) {
				t.RawSetInt(i+1, item)
			}
			L.Remove(1)
			L.Insert(t, 1)
		}
		return fn(L)
	}
}

func insertInto(L *lua.LState, v lua.LValue) int {
	n := L.ObjLen(v)
	switch L.GetTop() {
	case 2:
		L.SetTable(v, lua.LNumber(n+1), L.Get(2))
	case 3:
		pos := integer(L, 2)
		for i := n; i >= max(pos, 1) && pos <= n; i-- {
			L.SetTable(v, lua.LNumber(i+1), L.GetTable(v, lua.LNumber(i)))
			checkEvery(L, i)
		}
		L.SetTable(v, lua.LNumber(pos), L.Get(3))
	default:
		raisef(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func removeFrom(L *lua.LState, v lua.LValue) int {
	n := L.ObjLen(v)
	pos := optInteger(L, 2, n)
	if pos < 1 || pos > n {
		return 0
	}
	gone := L.GetTable(v, lua.LNumber(pos))
	for i := pos; i < n; i++ {
		L.SetTable(v, lua.LNumber(i), L.GetTable(v, lua.LNumber(i+1)))
		checkEvery(L, i)
	}
	L.SetTable(v, lua.LNumber(n), lua.LNil)
	return one(L, gone)
}

// sortInPlace sorts an ordinary table and puts its items back.
func sortInPlace(L *lua.LState, v *lua.LUserData) int {
	asTable(tableSort)(L)
	t := checkTable(L, 1)
	for i := 1; i <= t.Len(); i++ {
		L.SetTable(v, lua.LNumber(i), t.RawGetInt(i))
		checkEvery(L, i)
	}
	return 0
}

// baseNext is next, also over what has __pairs.
func baseNext(L *lua.LState) int {
	if v := standIn(L); v != nil {
		after := L.Get(2)
		L.Push(L.GetMetaField(v, "__pairs"))
		L.Push(v)
		L.Call(1, 1)
		L.Push(v)
		L.Push(after)
		L.Call(2, 2)
		if L.Get(-2) == lua.LNil {
			L.Pop(1)
			return 1
		}
		return 2
	}
	key, value := checkTable(L, 1).Next(L.Get(2))
	L.Push(key)
	if key == lua.LNil {
		return 1
	}
	L.Push(value)
	return 2
}
