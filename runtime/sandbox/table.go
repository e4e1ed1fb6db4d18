package sandbox

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

func openTable(L *lua.LState) {
	mod := L.CreateTable(0, 16)
	setFuncs(L, mod, map[string]lua.LGFunction{
		"concat": asTable(tableConcat), "insert": tableInsert, "remove": tableRemove, "sort": tableSort,
		"maxn": tableMaxN, "getn": asTable(tableGetN), "unpack": asTable(baseUnpack),
	})
	L.SetGlobal("table", mod)
}

func tableConcat(L *lua.LState) int {
	t := checkTable(L, 1)
	separator := ""
	if L.Get(2) != lua.LNil {
		separator = checkText(L, 2)
	}
	from := optInteger(L, 3, 1)
	to := optInteger(L, 4, t.Len())
	b := builder{L: L}
	for i := from; i <= to; i++ {
		v := t.RawGet(lua.LNumber(i))
		if !lua.LVCanConvToString(v) {
			raisef(L, "invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		b.add(Text(v))
		if i < to {
			b.add(separator)
		}
		checkEvery(L, i)
	}
	spendOn(L, b.Len())
	return one(L, lua.LString(b.String()))
}

// checkEvery looks at the flag in a loop that does little in each round.
func checkEvery(L *lua.LState, i int) {
	if i%stepsPerCheck == 0 {
		Spend(L, 4*stepsPerCheck)
	}
}

func tableInsert(L *lua.LState) int {
	if v := standIn(L); v != nil {
		return insertInto(L, v)
	}
	t := checkTable(L, 1)
	switch L.GetTop() {
	case 2:
		t.RawSet(lua.LNumber(t.Len()+1), L.Get(2))
	case 3:
		pos, n := integer(L, 2), t.Len()
		if 1 <= pos && pos <= n {
			t.Insert(pos, L.Get(3))
			return 0
		}
		for i := n; i >= pos; i-- { // in front of the list
			t.RawSet(lua.LNumber(i+1), t.RawGet(lua.LNumber(i)))
			checkEvery(L, i)
		}
		t.RawSet(lua.LNumber(pos), L.Get(3))
	default:
		raisef(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func tableRemove(L *lua.LState) int {
	if v := standIn(L); v != nil {
		return removeFrom(L, v)
	}
	t := checkTable(L, 1)
	n := t.Len()
	pos := optInteger(L, 2, n)
	if pos < 1 || pos > n {
		return 0
	}
	return one(L, t.Remove(pos))
}

func tableGetN(L *lua.LState) int {
	return one(L, lua.LNumber(checkTable(L, 1).Len()))
}

func tableMaxN(L *lua.LState) int {
	var most lua.LNumber
	checkTable(L, 1).ForEach(func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); ok && n > most {
			most = n
		}
	})
	return one(L, most)
}

// tableSort sorts a copy and puts it back, so that an error leaves the table as it was. A comparator that contradicts
// itself is an error where it shows in the result; one that says <= is put up with, as long as it tells anything.
func tableSort(L *lua.LState) int {
	if v := standIn(L); v != nil {
		return sortInPlace(L, v)
	}
	t := checkTable(L, 1)
	var fn *lua.LFunction
	if L.Get(2) != lua.LNil {
		fn = checkFunction(L, 2)
	}
	values := make([]lua.LValue, t.Len())
	for i := range values {
		values[i] = t.RawGetInt(i + 1)
	}
	less := comparator(L, fn)
	slices.SortFunc(values, func(a, b lua.LValue) int {
		if less(a, b) {
			return -1
		}
		return 1
	})
	if fn != nil {
		ordered := len(values) < 3
		for i := 1; i < len(values); i++ {
			if !less(values[i], values[i-1]) {
				ordered = true
			} else if !less(values[i-1], values[i]) {
				raisef(L, "invalid order function for sorting")
			}
		}
		if !ordered {
			raisef(L, "invalid order function for sorting")
		}
	}
	for i, v := range values {
		t.RawSetInt(i+1, v)
	}
	return 0
}

func comparator(L *lua.LState, fn *lua.LFunction) func(a, b lua.LValue) bool {
	if fn != nil {
		return func(a, b lua.LValue) bool { return lua.LVAsBool(resultOf(L, fn, a, b)) }
	}
	n := 0
	return func(a, b lua.LValue) bool {
		n++
		checkEvery(L, n)
		return less(L, a, b)
	}
}
